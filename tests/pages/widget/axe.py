"""axe-core on what members see, in a real Chromium. Usage: axe.py BINARY CHROMIUM ANYONE SIGNED_IN

The demo is served, with its website. ANYONE and SIGNED_IN are the paths of the pages for members, with commas between. Looked at are
the website and the widget in its frame, signed out, after a wrong password and signed in; the window of its own; and each page: in
both colour schemes, on a desk and on a phone. Prints a line for each look, and exits 1 when something serious is found, or a page is
wider than the phone.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import axe_playwright_python
from playwright.sync_api import sync_playwright

AXE = (pathlib.Path(list(axe_playwright_python.__path__)[0]) / "axe.min.js").read_text()
RUN = """axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], iframes: false})
  .then((found) => found.violations.filter((one) => ['serious', 'critical'].includes(one.impact))
  .map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ') + ' ' + node.failureSummary).join('; ')}`))"""
FAULTS = []


class Demo:
    """The demo, and what it prints."""

    def __init__(self, binary):
        self.home = tempfile.TemporaryDirectory(prefix="flow-axe-")
        surfaces = ["storefront", "management", "members", "studio", "ops", "website"]
        flags = [flag for name in surfaces for flag in (f"--{name}-addr", "127.0.0.1:0")]
        env = {"TMPDIR": self.home.name, "PATH": os.environ["PATH"]}
        self.server = subprocess.Popen([os.path.abspath(binary), "demo", *flags], env=env, cwd=self.home.name, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        lines = []
        while not lines or not lines[-1].startswith("Ctrl-C"):
            line = self.server.stdout.readline()
            assert line, lines
            lines.append(line.strip())
        self.members = next(line.split()[-1] for line in lines if line.startswith("members listening"))
        at = lines.index("Its website, where a member signs in and books:")
        self.website = lines[at + 2]
        _, self.email, *_, self.password = lines[at + 3].split()

    def stop(self):
        self.server.terminate()
        self.server.wait(30)
        self.home.cleanup()


def look(page, frame, what):
    """Looks at a document in both schemes, and at its width on a phone."""
    faults = []
    for scheme in ["light", "dark"]:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        frame.wait_for_function("document.readyState === 'complete'")
        frame.evaluate(AXE)
        if frame is not page:
            # The widget is transparent: axe, which sees the frame alone, is told what is behind it.
            ground = page.evaluate("getComputedStyle(document.getElementById('sign-in')).backgroundColor")
            frame.evaluate("(ground) => { document.documentElement.style.background = ground }", ground)
        faults += [f"{what} in {scheme}: {one}" for one in frame.evaluate(RUN)]
    page.set_viewport_size({"width": 360, "height": 740})
    wide = frame.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if wide[0] > min(360, wide[1]):
        faults.append(f"{what} is {wide[0]} pixels wide on a phone that shows {wide[1]}")
    page.set_viewport_size({"width": 1100, "height": 800})
    FAULTS.extend(faults)
    print(f"{'BROKEN' if faults else 'ok'} {what}", flush=True)


def widget(page):
    page.frame_locator("#sign-in iframe").locator("#out:not([hidden]), #in:not([hidden])").wait_for()
    return next(frame for frame in page.frames if "/widget" in frame.url)


def fill(on, email, password):
    on.get_by_label("E-mail").fill(email)
    on.get_by_label("Password").fill(password)
    on.get_by_role("button", name="Sign in", exact=True).click()


def look_at_the_website(context, demo):
    page = context.new_page()
    page.goto(demo.website)
    page.locator("#plan-list li").first.wait_for()
    frame = widget(page)
    look(page, page, "the website, signed out")
    look(page, frame, "the widget, signed out")
    fill(frame, demo.email, "a wrong lantern orbit")
    frame.get_by_text("do not belong together").wait_for()
    look(page, frame, "the widget, after a wrong password")
    with context.expect_page() as opened:
        frame.get_by_role("button", name="Sign in in a window").click()
    window = opened.value
    window.get_by_text("For the website").wait_for()
    look(window, window, "the window of its own")
    look(page, frame, "the widget, while its window is open")
    window.close()
    fill(frame, demo.email, demo.password)
    frame.get_by_text("Signed in as").wait_for()
    page.locator("#booked:not([hidden])").wait_for()
    page.locator(".day button").first.wait_for()
    look(page, page, "the website, signed in")
    look(page, widget(page), "the widget, signed in")


def look_at_the_pages(context, demo, anyone, signed_in):
    page = context.new_page()
    for path in anyone:
        page.goto(demo.members + path)
        look(page, page, path)
    page.goto(demo.members + "/sign-in")
    fill(page, demo.email, "a wrong lantern orbit")
    page.get_by_text("do not belong together").wait_for()
    look(page, page, "/sign-in, after a wrong password")
    fill(page, demo.email, demo.password)
    page.wait_for_url("**/account*")
    for path in signed_in:
        page.goto(demo.members + path)
        look(page, page, path)


def main(binary, chromium, anyone, signed_in):
    demo = Demo(binary)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            context = browser.new_context(viewport={"width": 1100, "height": 800}, bypass_csp=True)
            context.set_default_timeout(30000)
            look_at_the_website(context, demo)
            look_at_the_pages(context, demo, anyone.split(","), signed_in.split(","))
            browser.close()
    finally:
        demo.stop()
    print("\n".join(FAULTS))
    return 1 if FAULTS else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

// Draws the API reference from the document that this server publishes. Loaded by index.html after redoc.js.
// Nothing on this page asks another origin for anything, and there is no console: nobody should paste a key here.
"use strict";

(() => {
  const text = "#1d2a2f";
  const quiet = "#4b5b61";
  const accent = "#17605b";
  const sans = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
  const mono = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace';

  const theme = {
    spacing: { sectionVertical: 32 },
    colors: {
      primary: { main: accent },
      success: { main: "#1c6b3c" },
      error: { main: "#a3262a" },
      text: { primary: text, secondary: quiet },
      border: { dark: "#cdd8d8", light: "#e6eded" },
      responses: {
        success: { color: "#1c6b3c", backgroundColor: "#eef6f1", tabTextColor: "#8fd9ad" },
        error: { color: "#a3262a", backgroundColor: "#fbf0f0", tabTextColor: "#f2a7a3" },
      },
      http: { get: "#1c6b3c", post: "#17557a", patch: "#7a4d05", put: "#7a4d05", delete: "#a3262a", head: quiet },
    },
    typography: {
      fontSize: "15px",
      lineHeight: "1.6",
      fontFamily: sans,
      headings: { fontFamily: sans, fontWeight: "600" },
      code: { fontFamily: mono, fontSize: "13px", color: text, backgroundColor: "#eef3f3" },
      links: { color: accent, visited: accent, hover: "#0d3f3b", textDecoration: "underline" },
    },
    sidebar: { width: "290px", backgroundColor: "#f4f7f7", textColor: text, activeTextColor: accent },
    rightPanel: { backgroundColor: "#22323a", textColor: "#f2f6f6" },
  };

  // The document that stands beside this page: one server may have two of each.
  const described = new URL("openapi.json", location.href).pathname;

  const options = {
    theme,
    disableSearch: true, // Its index runs in a worker made from a blob, which our content security policy forbids.
    nativeScrollbars: true,
    sortRequiredPropsFirst: true,
    expandResponses: "200,201",
    hideDownloadButtons: false,
    downloadUrls: [{ title: "openapi.json", url: described }],
    hideSecuritySection: false,
    sanitize: true,
    onlyRequiredInSamples: false,
    jsonSamplesExpandLevel: 3,
    generatedSamplesMaxDepth: 6,
    menuToggle: true,
  };

  // Redoc's menu ends with a logo from its makers' network. Leaving its source out keeps the page to this origin.
  // React sets it twice, as an attribute and as a property.
  const setAttribute = Element.prototype.setAttribute;
  HTMLImageElement.prototype.setAttribute = function (name, value) {
    const elsewhere = name === "src" && new URL(value, location.href).origin !== location.origin;
    if (!elsewhere) setAttribute.call(this, name, value);
  };
  Object.defineProperty(HTMLImageElement.prototype, "src", {
    get() {
      return this.getAttribute("src") ?? "";
    },
    set(value) {
      this.setAttribute("src", value);
    },
  });

  const fail = () => {
    document.getElementById("failure").hidden = false;
  };

  if (!window.Redoc) return fail();
  Redoc.init(described, options, document.getElementById("reference"), (error) => error && fail());
})();

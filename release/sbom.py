"""Reads cargo-cyclonedx's list of everything that may be needed to build the program, and writes the SBOM: what is linked into it.

`release/build` calls it. It adds the works inside of crates (SQLite and such), takes out paths of this machine, and ends with an error
when the result is not what it promises: valid by the schema, and each linked crate there with its licence, source and hash.
"""

import argparse
import json
import sys
import tomllib

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

PROGRAM = "flow-gateway"


def main() -> None:
    options = argparse.ArgumentParser(description="Writes the SBOM of the program, from that of cargo-cyclonedx.")
    options.add_argument("--linked", required=True, help="what cargo tree prints")
    options.add_argument("--embedded", required=True, help="release/embedded.toml")
    options.add_argument("--target", required=True)
    options.add_argument("--commit", required=True)
    given = options.parse_args()
    with open(given.linked, encoding="utf-8") as lines:
        linked = {tuple(line.split()[:2]) for line in lines}
    linked = {(name, version.removeprefix("v")) for name, version in linked if name != PROGRAM}
    with open(given.embedded, "rb") as file:
        works = tomllib.load(file)["work"]
    document = reduced(json.load(sys.stdin), linked)
    for work in works:
        embed(document, work)
    document["metadata"]["properties"] = [
        {"name": "cdx:rustc:sbom:target:triple", "value": given.target},
        {"name": "flow-gateway:commit", "value": given.commit},
    ]
    check(document, linked)
    json.dump(document, sys.stdout, indent=1, ensure_ascii=False)
    print()


def reduced(document: dict, linked: set[tuple[str, str]]) -> dict:
    """The document without what is not linked, and without paths."""
    itself = document["metadata"]["component"]
    old, new = itself["bom-ref"], f"pkg:cargo/{PROGRAM}@{itself['version']}"
    itself["bom-ref"] = itself["purl"] = new
    itself.pop("components", None)
    kept = [part for part in document["components"] if (part["name"], part["version"]) in linked]
    document["components"] = sorted(kept, key=lambda part: (part["name"], part["version"]))
    references = {old: new} | {part["bom-ref"]: part["purl"] for part in kept}
    for part in kept:
        part["bom-ref"] = part["purl"]
        # The package URL leads to them, and the schema's check of so many addresses takes seconds.
        part.pop("externalReferences", None)
    edges = {
        references[edge["ref"]]: sorted(references[to] for to in edge.get("dependsOn", []) if to in references)
        for edge in document["dependencies"]
        if edge["ref"] in references
    }
    document["dependencies"] = [{"ref": ref, "dependsOn": edges[ref]} for ref in sorted(edges)]
    # A random number would make each document another one.
    document.pop("serialNumber", None)
    return document


def embed(document: dict, work: dict) -> None:
    """Lists a work that a crate brings along, as something that the crate depends on."""
    part = {
        "type": "data" if work["name"].endswith("database") else "library",
        "bom-ref": work["purl"],
        "name": work["name"],
        "version": work["version"],
        "scope": "required",
        "licenses": [{"license": license_of(work["license"])}],
        "purl": work["purl"],
        "externalReferences": [{"type": "website", "url": work["website"]}],
    }
    if "cpe" in work:
        part["cpe"] = work["cpe"]
    document["components"].append(part)
    document["dependencies"].append({"ref": work["purl"], "dependsOn": []})
    bringers = [edge for edge in document["dependencies"] if edge["ref"].startswith(f"pkg:cargo/{work['crate']}@")]
    if len(bringers) != 1:
        sys.exit(f"{work['name']} is said to be inside of {work['crate']}, which is linked {len(bringers)} times")
    bringers[0]["dependsOn"].append(work["purl"])


def license_of(name: str) -> dict:
    return {"name": name} if name.startswith("LicenseRef-") else {"id": name}


def check(document: dict, linked: set[tuple[str, str]]) -> None:
    crates = [part for part in document["components"] if part["purl"].startswith("pkg:cargo/")]
    listed = {(part["name"], part["version"]) for part in crates}
    if listed != linked or len(crates) != len(linked):
        sys.exit(f"not what is linked: {sorted(listed ^ linked)}")
    for part in crates:
        if not part.get("licenses") or not part.get("hashes") or part["purl"] != f"pkg:cargo/{part['name']}@{part['version']}":
            sys.exit(f"without a licence, a hash or an address: {part['name']} {part['version']}")
    # Strict: what the schema does not know is an error.
    wrong = JsonStrictValidator(SchemaVersion.V1_5).validate_str(json.dumps(document))
    if wrong:
        sys.exit(f"not valid by the schema of CycloneDX 1.5: {wrong}")


main()

"""Bill of materials of what runs aboard: CycloneDX 1.6 and a list of licences.

    python packaging/release/bill.py FOLDER      writes sbom.cdx.json and licences.txt

Names, versions and digests come from requirements.lock, licences from what is installed.
Ends with exit code 1 when a package says no licence, or one that may not come along.
"""

import re
import sys
from importlib.metadata import distribution, version
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# How a classifier or an old "License" field is called in SPDX, where it says one licence.
SPDX = {
    "MIT License": "MIT",
    "MIT": "MIT",
    "BSD License": "BSD-3-Clause",
    "BSD": "BSD-2-Clause",
    "BSD-3-Clause": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "Apache-2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MPL-2.0": "MPL-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "GNU Lesser General Public License v3 or later": "LGPL-3.0-or-later",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "GNU Lesser General Public License v3 or later (LGPLv3+).": "LGPL-3.0-or-later",
}
# Libraries under these are used as they are, by import, beside an Apache-2.0 program.
MAY_COME = re.compile(
    r"^(MIT|MIT-0|MIT-CMU|BSD-[23]-Clause|0BSD|Apache-2\.0|ISC|PSF-2\.0|MPL-2\.0|Zlib|CC0-1\.0"
    r"|LGPL-3\.0-or-later|LLVM-exception)$"
)


def licence_of(name: str) -> str:
    """Return a package's licence as an SPDX expression, "" when it says none."""
    about = distribution(name).metadata
    if expression := about.get("License-Expression"):
        return expression
    said = [
        *(c.split("::")[-1].strip() for c in about.get_all("Classifier") or () if "License" in c),
        (about.get("License") or "").split("\n")[0].strip(),
    ]
    return next((SPDX[one] for one in said if one in SPDX), "")


def pins() -> list[tuple[str, str, list[str]]]:
    """Return name, version and SHA-256 digests of each package that runs aboard."""
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text("utf-8").strip())
    found = []
    for entry in entries:
        if pin := PIN.match(entry):
            found.append((pin[1], pin[2], HASH.findall(entry)))
    return found


def bill(found: list[tuple[str, str, list[str]]]) -> str:
    """Return the bill of materials as text; raise ValueError when it is no CycloneDX 1.6."""
    licences, bom = LicenseFactory(), Bom()
    bom.metadata.timestamp = None  # the same lock gives the same bill
    bom.serial_number = None
    root = Component(
        type=ComponentType.APPLICATION,
        name="seastack",
        version=version("seastack"),
        licenses=[licences.make_from_string("Apache-2.0")],
        bom_ref="seastack",
    )
    bom.metadata.component = root
    parts = [
        Component(
            type=ComponentType.LIBRARY,
            name=name,
            version=number,
            bom_ref=f"{name}=={number}",
            purl=PackageURL("pypi", None, name, number),
            licenses=[licences.make_from_string(licence_of(name))],
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in digests],
        )
        for name, number, digests in found
    ]
    bom.components.update(parts)
    bom.register_dependency(root, parts)
    text = JsonV1Dot6(bom).output_as_string(indent=1) + "\n"
    if problem := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"the bill is no CycloneDX 1.6: {problem}")
    return text


def problems(found: list[tuple[str, str, list[str]]]) -> list[str]:
    """Return the packages without a licence, or with one that may not come along."""
    told = []
    for name, _, _ in found:
        licence = licence_of(name)
        parts = re.split(r"\s+(?:AND|OR|WITH)\s+", licence.replace("(", "").replace(")", ""))
        if not licence:
            told.append(f"{name}: says no licence that is known here")
        elif not all(MAY_COME.match(part) for part in parts):
            told.append(f"{name}: {licence} may not come along")
    return told


def main(folder: Path) -> int:
    """Write the bill and the list; return 1 for a licence that is missing or not allowed."""
    found = pins()
    if told := problems(found):
        print("\n".join(told), file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sbom.cdx.json").write_text(bill(found), "utf-8")
    lines = [f"{name} {number}: {licence_of(name)}" for name, number, _ in found]
    (folder / "licences.txt").write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{len(found)} packages in {folder}/sbom.cdx.json and {folder}/licences.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "dist")))

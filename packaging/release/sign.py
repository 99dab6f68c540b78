"""Sign a release: write its manifest where the wheel takes it from.

    python packaging/release/sign.py KEY

KEY is the private key file (Ed25519, PEM); it is made when it is not there.
"""

import sys
from importlib.metadata import version
from pathlib import Path

from controller.historian.signing import make_signer, read_signer
from seastack.release import NAME, manifest, root


def main(key: Path) -> None:
    """Write seastack/release.json and print the public key."""
    if key.exists():
        signer = read_signer(key, "the key of releases", "give another file")
    else:
        signer = make_signer(key)
        print(f"made {key}: keep it off every ship and out of the repository")
    text = manifest(root(), version("seastack"), signer)
    (root() / "seastack" / NAME).write_text(text, "ascii")
    print(f"release {version('seastack')} signed; public key, to be published: {signer.public}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

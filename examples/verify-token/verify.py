"""How a site's own server checks a member token that its page has sent. Needs `cryptography` and nothing else.

    python3 verify.py https://MEMBERS STUDIO_ID https://your.site < token

Prints the token's claims, and exits 1 for a token that does not count. A session that has ended is noticed when its token expires,
ten minutes later at the most; who needs it sooner asks the Members API.
"""

import base64
import json
import sys
import time
import urllib.request

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_keys = {"at": 0.0, "by_id": {}}


class Refused(Exception):
    """The token does not count, and why."""


def _decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _public_key(members, kid):
    """One of the gateway's public keys. They are kept for five minutes, and read again for a key that is not among them: a new key is
    published an hour before it signs."""
    age = time.monotonic() - _keys["at"] if _keys["at"] else float("inf")
    if age > 300 or (kid not in _keys["by_id"] and age > 10):
        with urllib.request.urlopen(f"{members}/.well-known/jwks.json", timeout=5) as answer:
            found = json.load(answer)["keys"]
        usable = [key for key in found if (key["kty"], key["crv"]) == ("OKP", "Ed25519")]
        _keys["by_id"] = {key["kid"]: Ed25519PublicKey.from_public_bytes(_decoded(key["x"])) for key in usable}
        _keys["at"] = time.monotonic()
    return _keys["by_id"].get(kid)


def verify_token(token, members, studio, origin):
    """The claims of a token that counts."""
    try:
        signed, signature = token.rsplit(".", 1)
        header, claims = (json.loads(_decoded(part)) for part in signed.split("."))
        signature = _decoded(signature)
    except ValueError:
        raise Refused("not a token") from None
    # The algorithm is ours to choose. The token's header names the key, and nothing more.
    if header.get("alg") != "EdDSA":
        raise Refused("another algorithm")
    key = _public_key(members, header.get("kid"))
    if key is None:
        raise Refused("an unknown key")
    try:
        key.verify(signature, signed.encode())
    except InvalidSignature:
        raise Refused("a wrong signature") from None
    now = time.time()
    for wrong, why in [
        (claims["iss"] != members, "another gateway's"),
        (claims["aud"] != studio, "another studio's"),
        (claims["origin"] != origin, "another website's"),
        (claims["exp"] <= now, "expired"),
        (claims["iat"] > now + 30, "not valid yet"),
    ]:
        if wrong:
            raise Refused(why)
    return claims


if __name__ == "__main__":
    try:
        print(json.dumps(verify_token(sys.stdin.read().strip(), *sys.argv[1:4])))
    except Refused as why:
        sys.exit(f"refused: {why}")

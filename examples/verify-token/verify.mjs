// How a site's own server checks a member token that its page has sent, with Node alone.
//
//   node verify.mjs https://MEMBERS STUDIO_ID https://your.site < token
//
// Prints the token's claims, and exits 1 for a token that does not count. A session that has ended is noticed when its token
// expires, ten minutes later at the most; who needs it sooner asks the Members API.

import { createPublicKey, verify } from "node:crypto";
import { realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";

let keys = { at: 0, byId: new Map() };

// The gateway's public keys, by their ids. Kept for five minutes, and read again for a key that is not among them: a new key is
// published an hour before it signs.
async function publicKey(members, kid) {
  const age = Date.now() - keys.at;
  if (age > 300_000 || (!keys.byId.has(kid) && age > 10_000)) {
    const answer = await fetch(`${members}/.well-known/jwks.json`, { signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(`the public keys cannot be read: ${answer.status}`);
    const set = await answer.json();
    const usable = set.keys.filter((key) => key.kty === "OKP" && key.crv === "Ed25519");
    keys = { at: Date.now(), byId: new Map(usable.map((key) => [key.kid, createPublicKey({ key, format: "jwk" })])) };
  }
  return keys.byId.get(kid);
}

export async function verifyToken(token, { members, studio, origin }) {
  const parts = token.split(".");
  if (parts.length !== 3) throw new Error("not a token");
  const [header, claims] = parts.slice(0, 2).map((part) => JSON.parse(Buffer.from(part, "base64url")));
  // The algorithm is ours to choose. The token's header names the key, and nothing more.
  if (header.alg !== "EdDSA") throw new Error("another algorithm");
  const key = await publicKey(members, header.kid);
  if (!key) throw new Error("an unknown key");
  const signed = Buffer.from(`${parts[0]}.${parts[1]}`);
  if (!verify(null, signed, key, Buffer.from(parts[2], "base64url"))) throw new Error("a wrong signature");
  const now = Date.now() / 1000;
  if (claims.iss !== members) throw new Error("another gateway's");
  if (claims.aud !== studio) throw new Error("another studio's");
  if (claims.origin !== origin) throw new Error("another website's");
  if (!(claims.exp > now)) throw new Error("expired");
  if (!(claims.iat <= now + 30)) throw new Error("not valid yet");
  return claims;
}

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  const [members, studio, origin] = process.argv.slice(2);
  let token = "";
  for await (const piece of process.stdin) token += piece;
  try {
    console.log(JSON.stringify(await verifyToken(token.trim(), { members, studio, origin })));
  } catch (error) {
    console.error(`refused: ${error.message}`);
    process.exitCode = 1;
  }
}

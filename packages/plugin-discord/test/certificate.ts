import { createHash, generateKeyPairSync, sign } from "node:crypto";

const COMMON_NAME = "550403";
const SUBJECT_ALT_NAME = "551d11";
const ECDSA_WITH_SHA256 = "2a8648ce3d040302";
const YEAR_MS = 365 * 24 * 60 * 60_000;

/** A key and a certificate for `localhost` that it signed itself (RFC 5280, 4.1), for this run alone. */
export function selfSigned(): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const algorithm = der(0x30, oid(ECDSA_WITH_SHA256));
  const host = Buffer.from("localhost");
  const name = der(0x30, der(0x31, der(0x30, oid(COMMON_NAME), der(0x0c, host))));
  const names = der(0x30, oid(SUBJECT_ALT_NAME), der(0x04, der(0x30, der(0x82, host))));
  const serial = createHash("sha256").update(spki).digest().subarray(0, 8);
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1]), serial),
    algorithm,
    name,
    der(0x30, time(Date.now() - YEAR_MS), time(Date.now() + YEAR_MS)),
    name,
    spki,
    der(0xa3, der(0x30, names)),
  );
  const signature = sign("sha256", body, privateKey);
  const certificate = der(0x30, body, algorithm, der(0x03, Buffer.from([0]), signature));
  const lines = certificate.toString("base64").replace(/.{64}/g, "$&\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}

/** A value with its tag and length (X.690, 8.1). */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

function time(unixMs: number): Buffer {
  const text = new Date(unixMs).toISOString().replace(/[-:T]|\.\d+/g, "");
  return der(0x18, Buffer.from(text));
}

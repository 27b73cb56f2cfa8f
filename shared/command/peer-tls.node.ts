/** Options of every subcommand that connects to a server by TLS: whom to trust, and who it is itself. Imports command, errors, node:fs. */
import { readFileSync } from "node:fs";
import { CofactorError } from "../errors.ts";

/** The options, to be spread into a subcommand's own. */
export const peerTlsOptions: {
  readonly [Name in "tls-ca" | "tls-cert" | "tls-key"]: { readonly kind: "text"; readonly value: string; readonly summary: string };
} = {
  "tls-ca": { kind: "text", value: "FILE", summary: "authorities to trust instead of the usual ones, in PEM" },
  "tls-cert": { kind: "text", value: "FILE", summary: "this side's own certificate, for a server that asks for one" },
  "tls-key": { kind: "text", value: "FILE", summary: "the key of that certificate" },
};

/** Texts in PEM. */
export interface PeerTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** What the options name. @throws CofactorError CONFIG_INVALID for a file that cannot be read, or a certificate without its key */
export function readPeerTls(options: { readonly [Name in keyof typeof peerTlsOptions]: string | undefined }): PeerTls {
  const { "tls-ca": ca, "tls-cert": cert, "tls-key": key } = options;
  if ((cert === undefined) !== (key === undefined))
    throw new CofactorError("CONFIG_INVALID", '"--tls-cert" and "--tls-key" expected each other');
  return {
    ...(ca === undefined ? {} : { ca: read(ca) }),
    ...(cert === undefined || key === undefined ? {} : { cert: read(cert), key: read(key) }),
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new CofactorError("CONFIG_INVALID", `"${path}" cannot be read`, { cause });
  }
}

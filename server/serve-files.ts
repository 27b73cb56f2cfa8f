/** The files that `cofactor serve` reads beside its settings: terms, names of items, certificates. Imports node:fs, yaml. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { PeerTls } from "../shared/command/peer-tls.node.ts";
import { CofactorError } from "../shared/errors.ts";
import type { Settings } from "./settings.ts";
import type { TlsOptions } from "./web-server.ts";

/** The lines of a file that are not empty. @throws CofactorError DATA_INVALID when it cannot be read */
export function readNames(path: string): string[] {
  try {
    const text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
    return text.split(/\r?\n/).filter((line) => line !== "");
  } catch (cause) {
    throw new CofactorError("DATA_INVALID", `the file of items "${path}" cannot be read`, { cause });
  }
}

/** Terms in YAML, unchecked. @throws CofactorError CONFIG_INVALID */
export function readTerms(path: string): unknown {
  const text = readText(path, "the terms file");
  try {
    return parse(text);
  } catch (cause) {
    throw new CofactorError("CONFIG_INVALID", `${path}: expected YAML: ${cause instanceof Error ? cause.message.split("\n")[0] : ""}`, {
      cause,
    });
  }
}

/** The certificate that settings name; undefined for none. @throws CofactorError CONFIG_INVALID when a file cannot be read */
export function readTls({ cert, key, ca, clientCertificates }: Settings["listen"]["tls"]): TlsOptions | undefined {
  if (cert === undefined || key === undefined) return undefined;
  return {
    cert: readText(cert, "the certificate"),
    key: readText(key, "the certificate's key"),
    ...(ca === undefined ? {} : { ca: readText(ca, "the file of authorities") }),
    clientCertificates,
  };
}

/** What a gateway shows a coordinator, and whom it trusts as one. @throws CofactorError CONFIG_INVALID when a file cannot be read */
export function readLinkTls({ ca, cert, key }: Settings["cluster"]["tls"]): PeerTls {
  return {
    ...(ca === undefined ? {} : { ca: readText(ca, "the coordinators' file of authorities") }),
    ...(cert === undefined || key === undefined
      ? {}
      : { cert: readText(cert, "the gateway's certificate"), key: readText(key, "its key") }),
  };
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new CofactorError("CONFIG_INVALID", `${what} "${path}" cannot be read`, { cause });
  }
}

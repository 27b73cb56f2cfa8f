/** The HTTP server under the sockets and pages, with or without TLS. Imports node:http, node:https, node:tls. */
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createSecureContext, type TLSSocket } from "node:tls";
import { CofactorError } from "../shared/errors.ts";
import type { ConnectionLimits } from "./limits.ts";

/** A listener's certificate and what it asks of its peers' own. Texts in PEM. */
export interface TlsOptions {
  /** The certificate, followed by those between it and its authority. */
  readonly cert: string;
  readonly key: string;
  /** Authorities of the peers' certificates. */
  readonly ca?: string | undefined;
  /** "request": who shows a certificate must show a valid one; "require": everybody must. Default "none". */
  readonly clientCertificates?: "none" | "request" | "require" | undefined;
}

/** A server that does not listen yet. */
export interface WebServer {
  readonly http: Server;
  readonly protocol: "http" | "https";
  /** Takes another certificate for the connections that come. @throws CofactorError CONFIG_INVALID; then the old one stays */
  setTls(tls: TlsOptions): void;
}

/** @throws CofactorError CONFIG_INVALID for a certificate, key or authority that is none, or that do not belong together */
export function createWebServer(tls: TlsOptions | undefined, limits: ConnectionLimits, onRequest: RequestListener): WebServer {
  const options = {
    headersTimeout: limits.headersMs,
    requestTimeout: Math.max(limits.requestMs, limits.headersMs),
    connectionsCheckingInterval: Math.min(2_000, Math.ceil(limits.headersMs / 4)),
    maxHeaderSize: limits.maxHeaderBytes,
  };
  if (tls === undefined) {
    const refuse = (): never => {
      throw new CofactorError("CONFIG_INVALID", "a listener without TLS expected no certificate");
    };
    return { http: bounded(createHttpServer(options, onRequest), limits), protocol: "http", setTls: refuse };
  }
  const http = createHttpsServer({ ...options, ...secured(tls), handshakeTimeout: limits.handshakeMs }, onRequest);
  http.on("secureConnection", (socket: TLSSocket) => {
    const isShown = Object.keys(socket.getPeerCertificate()).length > 0;
    if (tls.clientCertificates === "request" && isShown && !socket.authorized) socket.destroy();
  });
  return { http: bounded(http, limits), protocol: "https", setTls: (next) => http.setSecureContext(secured(next)) };
}

function bounded<S extends Server>(http: S, limits: ConnectionLimits): S {
  http.maxHeadersCount = limits.maxHeaders;
  http.maxConnections = limits.maxSockets;
  return http;
}

function secured({ cert, key, ca, clientCertificates = "none" }: TlsOptions) {
  if (clientCertificates !== "none" && ca === undefined) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"listen.tls.ca" expected the authorities of clients' certificates beside "${clientCertificates}"`,
    );
  }
  const material = { cert, key, ...(ca === undefined ? {} : { ca }), minVersion: "TLSv1.2" as const };
  try {
    createSecureContext(material);
  } catch {
    // What OpenSSL says may quote the key.
    throw new CofactorError("CONFIG_INVALID", '"listen.tls" expected a certificate, its key and authorities in PEM that belong together');
  }
  return { ...material, requestCert: clientCertificates !== "none", rejectUnauthorized: clientCertificates === "require" };
}

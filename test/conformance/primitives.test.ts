/** Every implementation of the primitives passes the one suite. */
import { nodePrimitives } from "../../shared/crypto/primitives.node.ts";
import { createWebPrimitives } from "../../shared/crypto/primitives-web.ts";
import { describePrimitives } from "./primitives.ts";

describePrimitives("Node's", () => nodePrimitives);
describePrimitives("WebCrypto's", () => createWebPrimitives());
describePrimitives("WebCrypto's with tweetnacl's curves", () => createWebPrimitives({ curves: "portable" }));

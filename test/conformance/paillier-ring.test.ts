/** Every ring implementation passes the one suite. */
import { createBigIntRing } from "../../shared/crypto/paillier/ring-bigint.ts";
import { createWasmRing } from "../../shared/crypto/paillier/ring-wasm.ts";
import { describeRing } from "./paillier-ring.ts";

describeRing("BigInt", createBigIntRing);
describeRing("WebAssembly", createWasmRing);

/** What agents have only in Node: `cofactor/peers/node`. */
export { type DirectCarrier, type DirectOptions, directCarrier } from "./direct.node.ts";

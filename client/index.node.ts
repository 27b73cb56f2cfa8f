/** What the client has only in Node: `cofactor/client/node`. */
export { type FileStoreOptions, fileStore } from "./stores/file.node.ts";

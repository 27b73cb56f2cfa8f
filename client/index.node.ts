/** What the client has only in Node: `cofactor/client/node`. */
export { createClient } from "./client.node.ts";
export { type FileStoreOptions, fileStore } from "./stores/file.node.ts";

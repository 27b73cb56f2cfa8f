/** Whose connection it is: the address of a peer, through proxies that are trusted to say so. Imports node:net. */
import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { CofactorError } from "../shared/errors.ts";

/** Tells the address that limits go by. */
export type AddressOf = (
  request: Pick<IncomingMessage, "headers"> & { readonly socket: { readonly remoteAddress?: string | undefined } },
) => string;

/**
 * The address of a request's peer.
 *
 * Guarantees: the header `X-Forwarded-For` is believed from a trusted proxy alone, and from the right: the first address that is no trusted
 * proxy's is the peer's. An IPv6 address counts as its network of 64 bits, which one host has whole; an IPv4 address within IPv6 as itself.
 *
 * @param trustedProxies addresses, or networks as 10.0.0.0/8
 * @throws CofactorError CONFIG_INVALID for what is no address or network
 */
export function addressReader(trustedProxies: readonly string[]): AddressOf {
  const trusted = new BlockList();
  for (const text of trustedProxies) addTo(trusted, text);
  const isTrusted = (address: string): boolean => isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  return ({ headers, socket }) => {
    let address = plain(socket.remoteAddress ?? "");
    const forwarded = headers["x-forwarded-for"];
    const hops = (Array.isArray(forwarded) ? forwarded.join(",") : (forwarded ?? "")).split(",");
    while (isTrusted(address)) {
      const hop = plain(hops.pop()?.trim() ?? "");
      if (isIP(hop) === 0) break;
      address = hop;
    }
    return networkOf(address);
  };
}

function addTo(list: BlockList, text: string): void {
  const [address = "", bits, more] = text.split("/");
  const family = isIP(address);
  const length = bits === undefined ? undefined : Number(bits);
  const isLength = length === undefined || (/^\d+$/.test(bits!) && length <= (family === 6 ? 128 : 32));
  if (family === 0 || !isLength || more !== undefined) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"listen.trustedProxies" expected addresses or networks as 10.0.0.0/8, got "${text.slice(0, 60)}"`,
    );
  }
  const type = family === 6 ? "ipv6" : "ipv4";
  if (length === undefined) list.addAddress(address, type);
  else list.addSubnet(address, length, type);
}

/** An IPv4 address that came as an IPv6 one. */
function plain(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

function networkOf(address: string): string {
  if (isIP(address) !== 6) return address === "" ? "unknown" : address;
  const [head = "", tail] = address.replace(/%.*$/, "").split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = tail === undefined ? left : [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0"), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}

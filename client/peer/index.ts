/** The public entry for agents without a server: `cofactor/peers`, for browsers and Node. */
export { type BoxKeys, boxKeysFromSecret, createBoxKeys } from "../../shared/crypto/sealed-box.ts";
export type { LockstepOptions, PeerState } from "../../shared/peer/lockstep.ts";
export type { DifferenceExchange } from "../../shared/peer/nmf/exchange.ts";
export type { Columns } from "../../shared/peer/nmf/factors.ts";
export { createPaillierExchange, type PaillierExchangeOptions } from "../../shared/peer/nmf/paillier-exchange.ts";
export { createNmfProgram, type NmfAgent, type NmfState, type NmfTerms } from "../../shared/peer/nmf/program.ts";
export type { Inbox, PeerId, Program, Step } from "../../shared/peer/program.ts";
export { peerIdOf } from "../../shared/peer/sealed-link.ts";
export { createSpectralProgram, type SpectralState, type SpectralTerms } from "../../shared/peer/spectral/program.ts";
export { gramSummand, type Summand } from "../../shared/peer/spectral/summand.ts";
export { type Carrier, type PeerOptions, runPeer } from "./peer.ts";
export { type RelayCarrierOptions, relayCarrier } from "./relay.ts";

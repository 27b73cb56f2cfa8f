/**
 * TEST-ONLY Paillier keys, so that tests need no key generation: their primes are public, so they protect nothing. Made once with
 * generatePrivateKey and OpenSSL primes.
 */
import { createPrivateKey, type PaillierPrivateKey } from "../../shared/crypto/paillier/keys.ts";

/** TEST ONLY: a key of 1,024 bits. */
export const testKey1024: PaillierPrivateKey = createPrivateKey(
  BigInt(
    "0x" +
      "f09a47ec4693a861a00280f704e1e89b1592a7ed2004e0dfac9d951d434108827e9a1f72924f3af9b0f0522819e3a1113ac9285c0b5a3b7145e9f455" +
      "8d5b97ef",
  ),
  BigInt(
    "0x" +
      "a3b73d7b8039eaa249e9f0a02e9376abee541bd1e7c16b19ff2ac07598a0ce3186b4858c686a42b326c4e713e87f32a6718aeedacb0b18360a538059" +
      "c611d2eb",
  ),
  { allowWeak: true },
);

/** TEST ONLY: a key of 2,048 bits. */
export const testKey2048: PaillierPrivateKey = createPrivateKey(
  BigInt(
    "0x" +
      "e88aa355f28f1fdbd7045a6d890bfe28b68ccb631846ba00700c338c1557e494d055f4dbe59f7546aaa02ec246552053b313aeb3e729aa5a772aa238" +
      "b781743227ce1993795b52337cd471bd2e7cc304f670b565bb9a6f4f1224088314059a6b52b36df668aa8683759c13cca18339371253c257b7d6117c" +
      "882c71b69e576abf",
  ),
  BigInt(
    "0x" +
      "b94bb8cd93e11e240eec1b69bfe36864cb1e23d70c66c4b1a59548a8da00c303a4726fc46c99125d49329ba41ef9cb8f82790c4044707b988215d93e" +
      "f1669b1180559eb0a82af5a878bf45b16474f9badac914b7fa96d62f00bcecd64f5d13e388e2c15831a342f258710d37088529c636248ab3b1990ca6" +
      "a2d38a9f50465c63",
  ),
  { allowWeak: true },
);

/** TEST ONLY: a key of 3,072 bits. */
export const testKey3072: PaillierPrivateKey = createPrivateKey(
  BigInt(
    "0x" +
      "e2276196a5ab605c617dcd1314661f7928bcbed95f169d81cfa3180e100122b54da9f81d0bf5283804d2c409872b5696e9e30b3ad763662537b50de2" +
      "93b44b8d5557929bf5a8039a6493bdbad34f9bdca9b8659952517765995498fab1a23961c42f465ac5fc5e5f877cc176d3e5225d500807315473fff8" +
      "5b659a6bc3f3cd2ab5d01dad4cdeaccf13cd1c5e7623b44788aae25609f5e560b19da3db2f570d4c33f400b89147a0d54211c58568d8e4a4be17c9cd" +
      "26383743dda3b0bf595a6337",
  ),
  BigInt(
    "0x" +
      "992e863f1e90802faf1d3bb9004841d5795d60b5b48acc4696267b443e9ad4d09807f443d62ee2d6b6d7817929d53a38c118f9636d20b57f9e28d12d" +
      "9d92bbb3a6ffdd3e948bd8484b5921cf05dc63ce2b3a6f9cad8b5b4c4f5f3c6c3d23f4270536ce87fd34fea8e85bd4e625335e3510061924e8cb73cd" +
      "ffb931e7dfae02272d889884c4e737800c416819d3fb659220b61eba12bf31e29441f1be1efaf05a900edb002335e086ed2d32dfbd9e1ce9744452b7" +
      "efaf8f04a54d0567570a3203",
  ),
  { allowWeak: true },
);

/** TEST ONLY: the three keys, smallest first. */
export const testKeys: readonly PaillierPrivateKey[] = [testKey1024, testKey2048, testKey3072];

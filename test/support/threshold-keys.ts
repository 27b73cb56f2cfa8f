/**
 * TEST-ONLY threshold keys, 2 of 3, so that tests need no key generation: their shares are public, so they protect nothing. Made once with
 * dealThresholdKey and OpenSSL's safe primes.
 */
import { type KeyShare, parseKeyShare, parseThresholdKey, type ThresholdKey } from "../../shared/crypto/paillier/threshold-key.ts";

/** A key and all its shares. */
export interface TestThresholdKey {
  readonly key: ThresholdKey;
  readonly shares: readonly KeyShare[];
}

function parsed(publicKey: string, base: string, keys: readonly string[], secrets: readonly string[]): TestThresholdKey {
  const key = parseThresholdKey({ publicKey, threshold: 2, holders: 3, verification: { base, keys } }, { allowWeak: true });
  return { key, shares: secrets.map((share, at) => parseKeyShare(key, JSON.stringify({ index: at + 1, share }))) };
}

/** TEST ONLY: a key of 512 bits, 2 of 3. */
export const testThresholdKey512: TestThresholdKey = parsed(
  "bb8cef3b802ec3d30f50c335ad8d536bba4d8927b35a68342728680f277c4bcce26c6d2addbd28d1f6b0b8bad605ad0ab688950b2c08114cb89d9d60" + "f1bc071d",
  "uH2vECEgSF70cyUvweftTJCJCspY58T7aGwdkZa_YNWSFeBSBLft20jZz-BsR9GtC0PtYC8UTQHJHt9F3axoBXTJmu9UyTAle363j0A2iqP9KOOGVFyv_Pbt" +
    "97LKynmCbWshE-6ZtqNSmvtY-KdL1HjcnRW0WELla7enW248YhU",
  [
    "1TMIriLIF-08pPNWmm2mJqDTnrqwtxKaviGCRArailFq88YNca6aEKZtqnR-ryYQRJ83V2DfIDqqJ1AvHmpyiOtD6FQ4vLwS3-nK-XPXgzHkPSzJfBPHFwH7" +
      "SVyjTL0CyPTpsUqzyPktSC-PG5WSwuGjL1BKYleotPxrrTmdYU8",
    "hu79nTwFLCjPMFjUt8j6vEIx06cm2Xzs-kb7B_ytBUQNp8BDv8C1cBt3kfyZGGSeaNT5VTWRXJTDIzP-Lt8CiCzj5_pMhy-iI2AL7BxVWos8lYLqZjP9U2YV" +
      "XovMrUQjEcLIyVwfG2buvhh1Riq7oAa0sLqhJ0sA0E8bQqOEH6s",
    "48i9rgLP-3nvLkxffH9JiwogqYLjJkHpKyKBJqIpnSB3lqf1iq8vTdI23WsIyy0gTtqWtpjeovCqbSp_NaBqWs985Vy6uqZe_zt6Ozkz9eBThTox4Hko4_pK" +
      "427PVcMPrm3sd_fvlR2lh2x_UfH3GeShRpkMtVa6YFxbw-TcsSE",
  ],
  [
    "50352df51a27bd0fd8544a96a4cceb7b43c3785db62d3066003f41f82317b2e810fdf6c23e8ee0878202475dde9387103628539361d14a3b0540da87" +
      "a5677a3d4d68024c39f67077fded9d2e77fe7923490de06480ba6dcb14bfc38a84e67a4a6df5ad59f737def2594c4d588b9795c9e6277798116d61e6" +
      "f9ea4ecaef411dc",
    "9ec638b62abb5fcb8a25993c103d946f6d26b7ef3a129a50e4ac64b083d26b1811e591173398eb92e75498f2f0222ef518c4124ef442333114c26d40" +
      "1d258ab0251582151b01e8687e191e9f0dc68391a34ff6b9ea8dc4f4cb953c1a890988f67383cd541e3221be6f2623fbf9ff4bb247f9bf0f5b98f3db" +
      "4dae60045de1f70",
    "ed5743773b4f02873bf6e7e17bae3d639689f780bdf8043bc9198768e48d234812cd2b6c28a2f69e4ca6ea8801b0d6d9fb5fd10a86b31c272443fff8" +
      "94e39b22fcc301ddfc0d6058fe44a00fa38e8dfffd920d0f54611c1e826ab4aa8d2c97a27911ed4e452c648a84fffa9f6867019aa9cc0686a5c485cf" +
      "a172713dcc82d04",
  ],
);

/** TEST ONLY: a key of 2,048 bits, 2 of 3. */
export const testThresholdKey2048: TestThresholdKey = parsed(
  "ed2f421acb027a22664ee2b5595ad44cdc52c0beb83ae1ab778415c1d70f236c0cf3ef17de4fc42ca5daccce04b5b43a5b8e930079ec38ef2d490fcf" +
    "3cfeb790cf7d1ecaaa085f34448b812532bb296dcad5f4e40f08bf7a07068b80e7cf9cedb7bcb9b18bb7b5666e184b1d0aa1c632d3bb4f2f56cc27e0" +
    "65badd0b50475c6c78d9a3a16720a84fd91eba1d03391c5854b6cb2bbe1922952323a8cb347f3f01c0e996f655d8e5b0057d00c1b2ff6dc798eade07" +
    "baa9ccc16132ed247b0b8dbbac5f67277a39f577dc0368ded49705294d4a02d3da2b9c8835232063d63726f1b033e5444cc8e3369cea6ab5c6e3e865" +
    "6d604a7645cb5b020591d2991379d825",
  "RNYjzZElBrzYCbUvO8VVfMx7GlNtyheJXqsaJ8TwfpgB-H4Dgj1r7AilvckjjZ5uS6V-Ur41pfqbmritXgr5lTn6yhUE-J1DrBnbju9AMt6bla71yJRunQwx" +
    "couTond19-8dY_8mtTCb4khOAzp304j12gY7rmWy4T-HSuCQG7T5DjwGDGLB-DECu020qbgXeLynA1SRuflkUBYxmmEdsLk5qRfGP95fofYhwF5KYAU7VSlK" +
    "G5yo01oVmMnXoxM2l8otp8Fb7HsYLtxBZgE7ZvHsqbk1by0BjHNeXe0i26PYoSb_5NyGoVkFksSoce-TVS2mncKGmXMnOmmfNi760ZeHe5RqiKv8bKaomUwm" +
    "FlIwIvfQxOhAvkadeTYEWBdc87_tJ82CUMD1y1OZjoQ8jf5jb9G7b0U1xRuSbdD0uuuCVb_Y6cyeQoqzvP4droD-A_vkjvQar46UsCQ2HsM5hCuc_Mv52pdC" +
    "JoGNTq4rF9_xT2qQezTGx3htMg0IDnpOVLLNO5DVOWqfKxuNariup83YhIShV3Kdir7-BawMrtSI2swXgyDxjAb-vaMOOLr76AchEGV4CtjXyiPDr8CwKcNk" +
    "GsDd8I9KKPOKQyXz5GKTgMhW17512Rv1gNFBvMfI7_p6TUPS-pvdPY07d8QaGUxRLAZ3urtklr211FDlSW8",
  [
    "VxhZG7i1H7ea2kgP9QblVwUDyN1hneKf_PzGEjE1-8puKmBYAAE4iS4zppHIpK_5YZ9MWmZOmzdx4WOgkEojfiKI5HKnB7UbPQeMnCqUJczvmp6oxMLyiGFY" +
      "AL54jId6LMVswAk6awQmSOFw26pRRrk-vIOiYhoddHXIr9BpzKKhVg632qYlEDs5NqmbjmbP4H829dZmbXRL74ALujWwSSQodarkR4SS6Gmw0N1ojwYqy1bb" +
      "-vMACoBx_0FsNLYoLdY5jz_iNzcriDkd23ozCtR5TTy_hn3htAMi5i0tjen66lyQDT7vBdEtSIete7m5F_B7REF2W-uxAj31Lhe6CL_u5pqj-duQ2NiFu2SR" +
      "5BaOlDRJWgk-j0fyR73cZWxwVR247ayKm04sLUrnGpZMR3c9dN2r07sujpgGSiJOndNQCaHGt8azzLWeVIjf9iGuLiDHeVJ-w0coC2znQjhBIaS56pLy6Pn4" +
      "Hoc4q6tYPq1yT5dr2T9HsUPmZrkqEWcZqMBDMfCIVo02v5pD52utC1E0DML_jCFrywl6HoFiyyIJUVPtJ6pULICzKRrLO1Qv0CL99at76zLDiFQbTWzV7JU6" +
      "F7Yj2yboGDSiZbv3YOnfWkY7rV-xGV3nKL4HZkCD4Yd1vo2Yg7n4Mv1d_h82YSL9FpPdEyZjkvhxauDCfIY",
    "9NXWNw4eKsoiuc_AJz9lNrvz9frgShiHm8NOq2zmzaFFhQBZhfp0X79fPoxHEqT-RMie-rPWtrdzaribKNtu9XDmf5D4APlb1Rs-RKkU0_Yg9am5yr4ywJl_" +
      "gyGEOLTKcQCv_DKc_pn0Wln553j6PTiY1RJl_0bvpVKcQIJE7b7R73EY_hP2TVx_WyeLmHX36iHzn5RyzocCYdnYOZvJzXpDAucFOe37Gpvz7vzPmfzazAQh" +
      "H2eYpqM5JEby8O2T2RPe8F0Y5i2sfbArg3XuLO1LcBvQJ3VolOUWHEicPmH5nfbFY68DLMFagIBldxORDBmRljMVSjLyXwaO6mj4mABskm8EvOAxuP7Naw9J" +
      "Lyu_gzrxBvV1i4PgSI0ChP38YhtrxDJKAwM6q3BTfv5KllV_3SF-Xt0w9lwiAyxikWF2KYe374rBzFPOUx9FlnMxSd2yfbTaSHMGTB8rftahJMg4Q7LPb3Lb" +
      "Z9MOyxz7py4qWjDJYtMMVSIYNfrwrNi4MyamwV5cwnq6oMnW67yci9dULVrrKjpO5eQwXKwPSm5PoWLZQV1yKchxqeckCOTkJdFHnEyJm5HNQoRheshK18hI" +
      "p0i658gpK_YGunkWIVTs69plwsBpaIEIfnEe-RH3vvTbqPMRYKLjdXcP4W5M43DUKLzaAElf5P2peDQGoI0",
    "NoUP80M-zR4ReA98COBoWKB_AG_TplnLJnPzy5wyS7UkgKKgd4Wo2lbYIWfptMUE6bwzGiPyZyl6__6Oewzkvb_lLPNtRSI-DeCnF8gZYT8Yecz0IHdMkGzL" +
      "GGD46wvYYBYZ36-ETPQgIph3DzRyfWqFYSgKSUlEOox100AY5Tekkkejmz8e8gx6rmkWu4zai-8_VfK5FTCIqft-AXB4ynBOlOXq-1g8hhtLBwEojzIck67K" +
      "LUMvN0sMRlMl2YwnwT4OT51ab5pKRjr3HCoDO_czUXLrveT77jFu34gXTKQiLg8v-GIV9PqAOSX2t1uTyPM6O7QuTem8GFNF3efCIMEkU4ZUQ835e2lT6rFw" +
      "WWDOmsqZ7zPKOCxA4EFnc9xVy9qyqmmrfY4tXe4mJ-Vraaxwdc83XayHY06OtnrWaYS0MMmSrhE1aMGwEDNXAtDXQohf7WCBz5sgVchh-K7htB7-Jy7WbHQv" +
      "E2TO4TFN2TaQJPG3-47ZWYHNEqKoscqiuuzM92iezNiWUDUkJ638CPeOKhKkLDRiA7ibZjwsLEGFIkFscURGzaQMiJA3Bm8B3s5JKTMAmr-O89vObjQUKI2a" +
      "FtdTsleyIaI7Zv9LeqDNqIA7Nm3_1hv1bG0tS5WI13c5F3qzDba5JrIkVYBcLrCyeYRWoJiPJ1cIKfFUNlY",
  ],
  [
    "1599f0dcfc50f8294af049ae82b7c4e3a4e6b03b8054963653f7d4264af5e92cc03aa0d88090bf50506fb456d52bdce33798a268cf9448f922eeffdc" +
      "2360c87859d161d69340726aa38f2a217fc04d1f8e5a36753de057fb3afcf20f78dfd52033e40ec23711d968bbd723ad2c6ede7060ce0fff707bbfae" +
      "8689e9f5ed78d0b045333f47d1128d426db6f198650552aed53e798a20045493adb4bfe2953925e6dd322b9e43954db27f16d26ccd5221d58b5edf0c" +
      "62e0df83b523aef1b313a2a3322f4d36f85ea799876a57c04133f9bc090c522ae86990a851f5faac557d00c0c48eee3e2992d0a08facb27ef8dcb4f0" +
      "f866365673b7285975cd4cbe39e242f074212d831333eba2a2180fabbbe2cdc70243756dd9c2fe8eb3038a9af6d32d40bc15787f71c22d72c88ddeea" +
      "ae0e84a8bdcef3fa9ec5306fe467ccfa1ebbdc5778a7016d763957184bac8badfc51ab628c835f78eaf687963a76d1dd50abf8179ff0ac3f3677bf74" +
      "acefe31f20bb8c6dec915b093d7025bbc8a6099a611cf90b3bf5a727176c501e3c0fe8ad528d6c494b5698a2cd08d8055f899fcfb9a02e779034bc11" +
      "58726c648765692df7dffc35af838457223f222f34bc013227e896522fa72ffe9da6b4a416337a15332d0c0aaa2817a510ae368ac384a33e04603195" +
      "99eca45a57fc86e73552da29649db42864507f3411e7812d0e61d256b28f9ffd",
    "36bf454345334ca0b5bdfa6adeacc6407fd22bae3d79368efd2670204c08834a42bc604e20cc5118ab570f3e7a86de37e24c6bb6dc735fc2ace3cfa3" +
      "ce57b949e3adbc6edde94cb730b840d87fd5d4cbd85ecbb9fb0037cf082af262f98d1c43163f6f2117d68ac6a56db35687badc50145bb692094bc33e" +
      "7f17a8a8be48ad91be74c6bcb87dbd253fa573adda10eaa2bdedd8a3b841b26b392c1a96edec1b4969d5b03478a05abf5164c3557d5c83f417d5cffd" +
      "e4260f691595a649e7c820791b0f6559f5e2c8d0ea38ec7c403be9a396979616ae755b45133149f0467c773167c1632ee90b115b10ba675b103f7366" +
      "fd439d5a64f81eb57987d8e7829b14247163af704547da79789d51c25c55de39de862d02eecc7087adfcc34dc271a5262a345673103adc983298d081" +
      "13c64cf54dd0878849a326a202f39ff4d99c10f25f5a7ad6f2d5ee0b6276fa8c1ba51553c464516ac128fb7246ae5bc802500de16527bc931923e191" +
      "ec4ffa85abb690b59e4373cd35cc1e1a5c3b221cc41da78653a5df53d86e589e663b3d3c18c1558c82dd4b40365ed253c026d92cb57f4b64e9c5ba7f" +
      "970e3c0a4802a9b8661b8075dc099abca02a69a217789a92643dbdc2c05d512a1823bdc9a600f0d554a7ceb18f1c4b5e60de150223b51be4ca93ed06" +
      "2f5f0c02b85d7d5b3fdad8173dd8b6127dde93a1c48335054be50f956762ab87",
    "20f47761d162e3f634e9e49aefa0c40c9f9a90e767e35591c841f6a2ba190353ef9b8c50a3f7829b6a96ce2decb661f30979d3432c524818c69c3b26" +
      "a7cc04952795efcc81d35e5e24abb28e8bc9f50a8d48517914ebe576a9e8e6fc2bc643d2fbd035297e43088731e471ed1ca6100b72d8cc5f598a8422" +
      "d30ed5a04e3a1267413df50566e45700465c43b75f7f4f8bd7956028007c455736862c43a98d4ccfa90313008fb4b93020f8ebc6fed27c1d1edd5f66" +
      "2f85548153deb31141478f982e3f24cda19790f8f9da438b8a97e56ac8e5686a4a0664354e33daf3c34200df7be35d3f62792b1ee4263c009ae62d5d" +
      "4fd6f3955bb3ba8bfa3efe1904be505ca863d1d48d7f21069c5f1346dc7102b970826c343b07362b88966ebe1f7161166c58bb936472938cd4be3654" +
      "2865006a8e507d3ee7322b6c59945d72788aad5acf1a8c8ec367a33b241137a31013ae80a1259b35d3af7042879fa654c80e98ff9c07397ea245fdf2" +
      "6872ca6ec599bd195d34fc263607bf8b2d020fd45209852c0190eb583a21c2c16a3e38e411b5926fa32af5f93877a2273fb577c1929672f0e591cc94" +
      "75c5f5a4baed6c986661c95e7f3278c28594f0f65ce95d9bdc4d5aab34de5abfb6cc1e1657553da2a825044b86ddac5863bd504d4bb86793be86bf88" +
      "0061cc29b0a7f31fa0d9d0343143f9f054ef43f6f034d9d9935b7f8a30e9ba2a",
  ],
);

/** TEST ONLY: two safe primes of 1,024 bits whose product has 2,048, for tests that deal. */
export const testSafePrimes: readonly [bigint, bigint] = [
  BigInt(
    "0x" +
      "eb5df21e596bccc725d627cb27b0535288db314bec49b79673b4f59cded8534e6353d1d5078eef36ab990deb5b3df977e3f6e3c53ee7ca1f320735e8" +
      "9da90200d25f341d4828c1a5f28462197f1695c210f7ecfa22d79c063c6cbb4c575de0c6d2627891a882adc8df6bec79d074e60a38d1b9581d888bb3" +
      "d3346a800cd0f883",
  ),
  BigInt(
    "0x" +
      "ded8056ff7a32c7f1c99afe3d6ad4e7612fa59f1dc4cdfe7693c246906d1fd7d89f76bb7e283779c0d4870f507e295f3b4004f2c5ac32874facb2535" +
      "053a35b5416e09ffbb312c4d78ad5268901a924265306029e6e3c95c1f081130cb78f441be0491a36e4b9850cacc2b771008c0965fb96c67248dc2b5" +
      "7cc06dec3f4a5e57",
  ),
];

/** Draws the two of them by turns, whatever the length asked for. */
export function drawTestSafePrime(): () => Promise<bigint> {
  let drawn = 0;
  return async () => testSafePrimes[drawn++ % 2]!;
}

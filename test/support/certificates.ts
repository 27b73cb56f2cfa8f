/**
 * Certificates for tests of TLS, valid until 2126: an authority, a server (localhost, 127.0.0.1) and a client signed by it, and a stranger that
 * signed itself. Made with OpenSSL for these tests alone; their keys are public and protect nothing.
 */

const pem = (kind: string, base64: string): string =>
  `-----BEGIN ${kind}-----\n${base64.match(/.{1,64}/g)!.join("\n")}\n-----END ${kind}-----\n`;

/** The authority. */
export const authority: string = pem(
  "CERTIFICATE",
  "MIIBmzCCAUGgAwIBAgIUXBihgGBkew7BeyYYzoJcstdX0pgwCgYIKoZIzj0EAwIwIjEgMB4GA1UEAwwXQ29mYWN0b3IgdGVzdCBhdXRob3JpdHkwIBcNMjYx" +
    "MjAxMDA0MDA1WhgPMjEyNjExMDcwMDQwMDVaMCIxIDAeBgNVBAMMF0NvZmFjdG9yIHRlc3QgYXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" +
    "5CE+1t60vu8iRMbSNI9u2grG9d4ALtEDGNOrVhM3CtMXtvBiNUD+QJTTZHgu0JSJyeVYkkjK44p59xF9UuohsqNTMFEwHQYDVR0OBBYEFCXcA2TBbKize7Kx" +
    "W9I/eVARTtcDMB8GA1UdIwQYMBaAFCXcA2TBbKize7KxW9I/eVARTtcDMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgStMxZEnm8XmVi7e5" +
    "bCczV33UdUohpeDDRkH0Zx3ZYLsCIQCYeHf8EmGq4aRaZVhdSQTsFu5VYVSARojlfcHcteebLA==",
);

/** A certificate and its key. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** The server's. */
export const serverCertificate: TestCertificate = {
  cert: pem(
    "CERTIFICATE",
    "MIIBljCCATugAwIBAgIUBsWm14T401GKdNpIDtXnxqXAM/kwCgYIKoZIzj0EAwIwIjEgMB4GA1UEAwwXQ29mYWN0b3IgdGVzdCBhdXRob3JpdHkwIBcNMjYx" +
      "MjAxMDA0MDA1WhgPMjEyNjExMDcwMDQwMDVaMBExDzANBgNVBAMMBnNlcnZlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKvvaAAOAXLYiOHB+/cRTqGx" +
      "iXu3kfhcQZZQGdchlp25KZBszKgxase2o4rBy1NdNxrMPhe0v4OLLMTdmqpZXI+jXjBcMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAdBgNVHQ4EFgQU" +
      "SNfZEzO1dyiqQlxQRokJ4xVaDHswHwYDVR0jBBgwFoAUJdwDZMFsqLN7srFb0j95UBFO1wMwCgYIKoZIzj0EAwIDSQAwRgIhAJOJASFLyBoNw2MrNW8qmlEN" +
      "SSQ33XglAbY9mdJrzan5AiEAreZe94/Db5SjsVMMCxv/zvoGaYEgPYXFD7V2g77mqUo=",
  ),
  key: pem(
    "PRIVATE KEY",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5oVTcZmGbBXNP9MEd8tqPC7vZdmVdiy7eMe9Lsc69wehRANCAASr72gADgFy2Ijhwfv3EU6h" +
      "sYl7t5H4XEGWUBnXIZaduSmQbMyoMWrHtqOKwctTXTcazD4XtL+DiyzE3ZqqWVyP",
  ),
};

/** A client's. */
export const clientCertificate: TestCertificate = {
  cert: pem(
    "CERTIFICATE",
    "MIIBljCCATugAwIBAgIUBsWm14T401GKdNpIDtXnxqXAM/owCgYIKoZIzj0EAwIwIjEgMB4GA1UEAwwXQ29mYWN0b3IgdGVzdCBhdXRob3JpdHkwIBcNMjYx" +
      "MjAxMDA0MDA1WhgPMjEyNjExMDcwMDQwMDVaMBExDzANBgNVBAMMBmNsaWVudDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABI84kuyOa9Cz60Qvv9IPvhz3" +
      "iRwy1hiliHLFBobHzqqmJhJL9L/25eBiTUEiVxcQkXMJ1BNJWGF47wAODvseL4SjXjBcMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAdBgNVHQ4EFgQU" +
      "p9kbYoZ+Wv3cPWVFgHxT+Rs6s2wwHwYDVR0jBBgwFoAUJdwDZMFsqLN7srFb0j95UBFO1wMwCgYIKoZIzj0EAwIDSQAwRgIhAMlAKx2bRKmBJPotctzLnZtm" +
      "+CiTQYsbjocSNXoBG84FAiEAxoB/1Ubt4A1SWdn4uClw3Qg0hjxmFU1D+KPdOhxYKVA=",
  ),
  key: pem(
    "PRIVATE KEY",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgRSXJuVVFJkNr17aXszvQvwZKQRIApsvW926xO1MfIfWhRANCAASPOJLsjmvQs+tEL7/SD74c" +
      "94kcMtYYpYhyxQaGx86qpiYSS/S/9uXgYk1BIlcXEJFzCdQTSVhheO8ADg77Hi+E",
  ),
};

/** A stranger's. */
export const strangerCertificate: TestCertificate = {
  cert: pem(
    "CERTIFICATE",
    "MIIBgTCCASegAwIBAgIUJ27ARaJ8NBeGt6z34DMG6TMrlAUwCgYIKoZIzj0EAwIwFTETMBEGA1UEAwwKYSBzdHJhbmdlcjAgFw0yNjEyMDEwMDQwMDVaGA8y" +
      "MTI2MTEwNzAwNDAwNVowFTETMBEGA1UEAwwKYSBzdHJhbmdlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBl1H3eev2wEsi8DrU99/w+TUpDnaxm1ymPm" +
      "gMc98HXulDC1OZBF36/bJ11qznYm9b6R7BKkKXtb40OU5ZvX0RSjUzBRMB0GA1UdDgQWBBQPhA0FsOnVrWMrplCYng3xP+X2+DAfBgNVHSMEGDAWgBQPhA0F" +
      "sOnVrWMrplCYng3xP+X2+DAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQClFfkfARyooFw7HmXE0R3jNJ0VfNGuO7DTbys8whg7zwIgVmbm" +
      "SSBU/PtyG8940YZigsSoFbjago+jAhHEV1u54vQ=",
  ),
  key: pem(
    "PRIVATE KEY",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/e9CE2JFZ9bgYaA4TUQbQoi3838UIAhjgk4qaJjUq/ShRANCAAQZdR93nr9sBLIvA61Pff8P" +
      "k1KQ52sZtcpj5oDHPfB17pQwtTmQRd+v2yddas52JvW+kewSpCl7W+NDlOWb19EU",
  ),
};

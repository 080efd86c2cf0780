// Seals texts for a namespace with the package @linode/kubeseal-encrypt, which does no other scope and no other bytes.
// Reads requests as JSON on stdin, writes base64 texts as JSON.
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

import { encryptSecretItem } from "@linode/kubeseal-encrypt";

const sealed = [];
for (const request of JSON.parse(readFileSync(0))) {
  const key = new X509Certificate(readFileSync(request.certificate)).publicKey;
  const pem = key.export({ type: "spki", format: "pem" });
  sealed.push(await encryptSecretItem(pem, request.namespace, Buffer.from(request.value, "base64").toString()));
}
process.stdout.write(JSON.stringify(sealed));

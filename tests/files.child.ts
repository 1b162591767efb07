/** A process that takes in and gives out files over HTTP until it is killed; its parent is told the port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import { brokerOptions } from "../core/broker.ts";
import { readConfig } from "../core/config.ts";
import { systemRuntime } from "../core/runtime.ts";
import { loadSecrets } from "../core/secrets.ts";
import { Files, type FilesHandle } from "../mixins/files/files.ts";

const config = readConfig(process.env);
const runtime = systemRuntime();
const broker = new ServiceBroker(brokerOptions({ config, runtime, secrets: loadSecrets(config) }));
const service = broker.createService({ name: "holder", mixins: [Files()] } as ServiceSchema);
await broker.start();
const { files } = service as unknown as { files: FilesHandle };

const server = createServer(async (req, res) => {
  const url = req.url!;
  if (req.method === "PUT") res.end((await files.put(req)).blob);
  else if (url === "/peak") res.end(String(process.resourceUsage().maxRSS * 1024));
  else if (url.startsWith("/files/")) await files.serve(req, res, files.verify(url, runtime.now()));
  else res.end(await files.sign({ blob: url.slice(1), filename: "file.bin", type: "" }, runtime.now()));
});
server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));

import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { join } from "node:path";
import type { Service } from "moleculer";
import { defineMixin, type Injected, type Mixin } from "../../core/contract.ts";
import type { Timer } from "../../core/runtime.ts";
import { patiently, troublesOf } from "../../core/trouble.ts";
import { FolderStore } from "./folder.ts";
import { linksOf, type FileLink, type Links } from "./links.ts";
import { serveFile } from "./serve.ts";
import { ABANDONED, Spool } from "./spool.ts";
import type { FileStore } from "./store.ts";
import { Unfinished } from "./unfinished.ts";

/** What a service finds as `this.files`, once it is started. */
export interface FilesHandle extends FileStore, Links {
  /** Answers GET and HEAD, ranges and conditions included; see `serveFile`. */
  serve(req: IncomingMessage, res: ServerResponse, file: FileLink, headers?: OutgoingHttpHeaders): Promise<void>;
  unfinished: Unfinished;
}

/**
 * Bytes of files: in DATA_DIR, which several processes may share, or in the object store of S3_URL, and then DATA_DIR
 * holds uploads under way alone. A service starts when the store can be used.
 */
export function Files(): Mixin<{ files: FilesHandle }> {
  return defineMixin<{ files: FilesHandle; $tidying?: Timer }>({
    async started() {
      const store = await storeOf(this);
      const serve: FilesHandle["serve"] = (req, res, file, headers) => serveFile(store, req, res, file, headers);
      const unfinished = new Unfinished(join(this.config.DATA_DIR, "files", "unfinished"), this);
      this.files = Object.assign(store, await linksOf(this), { serve, unfinished });
      await reach(store, this);
      const tidy = () =>
        Promise.all([store.tidy(), unfinished.tidy()]).catch((error: unknown) =>
          this.logger.warn("Files: not tidied", error),
        );
      await tidy();
      this.$tidying = this.runtime.every(ABANDONED, () => void tidy());
    },
    async stopped() {
      this.$tidying?.cancel();
      this.files?.close();
    },
  });
}

type Host = Injected & Pick<Service, "logger" | "broker">;

/** The object store's packages are loaded only where there is one. */
async function storeOf({ config, runtime, logger, broker }: Host): Promise<FileStore> {
  const folder = join(config.DATA_DIR, "files");
  const spool = new Spool(join(folder, "uploads"), { runtime, logger });
  if (!config.S3_URL) return new FolderStore(folder, spool);
  const { S3Store } = await import("./s3.ts");
  return new S3Store({ url: config.S3_URL, spool, runtime, troubles: troublesOf(broker) });
}

/** Waits for an object store without end. A folder that is no use stops the start. */
async function reach(store: FileStore, { config, broker }: Host): Promise<void> {
  if (!config.S3_URL) return store.connect();
  return patiently(broker, "S3_URL", () => store.connect());
}

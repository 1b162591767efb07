import { S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import type { S3Address } from "../../core/s3.ts";

/** A store that takes no connection by then is not there, ms. */
const CONNECT_WITHIN = 3000;
/** How long a store may take over one part of an upload, or to put the parts together, ms. */
const PART_WITHIN = 60_000;
/** Of everything else the first byte of the answer is there by then, ms. An option of `send`. */
export const SOON = { requestTimeout: 5000 };
/** The first attempt and those after an error that may pass: the client waits up to some 100 ms between them. */
const ATTEMPTS = 3;

/** A client of an S3-compatible store, with path-style addresses. */
export function s3Client({ endpoint, region, accessKeyId, secretAccessKey }: S3Address): S3Client {
  // A download holds its connection for as long as its reader takes: a few slow ones must not keep the others out.
  const agent = { keepAlive: true, maxSockets: Infinity };
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_WITHIN,
      requestTimeout: PART_WITHIN,
      throwOnRequestTimeout: true,
      // A slow reader leaves the connection idle, and is no reason to cut it.
      socketTimeout: 0,
      httpAgent: agent,
      httpsAgent: agent,
    },
    // Not every store knows the newer checksums. The signature covers the SHA-256 of what is sent.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

/** The store's own word for what went wrong, as `NoSuchKey`; undefined when it was not the store that spoke. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof S3ServiceException ? error.name : undefined;

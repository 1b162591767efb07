import { GetObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { s3Address } from "../../core/s3.ts";
import { LINK_LIFE, type FileLink } from "./links.ts";
import { s3Client } from "./s3.client.ts";
import { attachment, mediaType } from "./serve.ts";

/**
 * Links of the store itself, by the address at which browsers reach it. Nothing is asked of the store to sign one.
 * It cannot be told to send our Content-Security-Policy; but it is another origin, and the file an attachment.
 */
export function presigner(url: string, publicUrl: string): (file: FileLink, now: number) => Promise<string> {
  const address = s3Address(url)!;
  const client = s3Client({ ...address, endpoint: publicUrl });
  return ({ blob, filename, type }, now) => {
    const download = new GetObjectCommand({
      Bucket: address.bucket,
      Key: blob,
      ResponseContentDisposition: attachment(filename),
      ResponseContentType: mediaType(type),
      ResponseCacheControl: "private",
    });
    return getSignedUrl(client, download, { expiresIn: LINK_LIFE / 1000, signingDate: new Date(now) });
  };
}

/** A bucket of an S3-compatible store, and the keys to it. */
export interface S3Address {
  endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

const BUCKET = /^\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/?$/;

/** Reads `http(s)://KEY:SECRET@host[:port]/bucket[?region=…]`, keys percent-encoded; undefined when it is none. */
export function s3Address(text: string): S3Address | undefined {
  const url = URL.parse(text);
  const [, bucket] = BUCKET.exec(url?.pathname ?? "") ?? [];
  if (!url || !/^https?:$/.test(url.protocol) || !bucket || !url.username || !url.password) return undefined;
  const { region = "us-east-1", ...unknown } = Object.fromEntries(url.searchParams);
  if (!/^[\w-]+$/.test(region) || Object.keys(unknown).length) return undefined;
  try {
    const [accessKeyId, secretAccessKey] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    return { endpoint: url.origin, bucket, region, accessKeyId, secretAccessKey };
  } catch {
    return undefined;
  }
}

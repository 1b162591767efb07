import { expect, test } from "@jest/globals";
import { readConfig } from "./config.ts";
import { s3Address } from "./s3.ts";

test("an S3_URL names the store, the bucket, the region and the keys", () => {
  expect(s3Address("http://key:a%2Fb%2B@127.0.0.1:7070/holdfast")).toEqual({
    endpoint: "http://127.0.0.1:7070",
    bucket: "holdfast",
    region: "us-east-1",
    accessKeyId: "key",
    secretAccessKey: "a/b+",
  });
  expect(s3Address("https://k:s@s3.eu-central-1.amazonaws.com/my.bucket/?region=eu-central-1")).toMatchObject({
    endpoint: "https://s3.eu-central-1.amazonaws.com",
    bucket: "my.bucket",
    region: "eu-central-1",
  });
});

test.each([
  "s3://k:s@host/bucket",
  "http://host/bucket",
  "http://k@host/bucket",
  "http://k:s@host",
  "http://k:s@host/a/b",
  "http://k:s@host/UPPER",
  "http://k:%@host/bucket",
  "http://k:s@host/bucket?regoin=x",
  "bucket",
])("%s is none", (url) => {
  expect(s3Address(url)).toBeUndefined();
});

test("a bad address stops the start with a line that does not quote it", () => {
  const line = (env: Record<string, string>) => {
    try {
      readConfig(env);
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };
  const S3_URL = "http://key:secret@store/bucket";
  expect(line({ S3_URL, S3_PUBLIC_URL: "https://files.example.com" })).toBeUndefined();
  expect(line({ S3_URL: "http://key:secret@store" })).toMatch(/^S3_URL should be http\(s\):\/\/KEY:SECRET@/);
  expect(line({ S3_PUBLIC_URL: "https://files.example.com" })).toBe("S3_PUBLIC_URL needs S3_URL");
  expect(line({ S3_URL, S3_PUBLIC_URL: "https://files.example.com/path" })).toMatch(
    /^S3_PUBLIC_URL should be an origin/,
  );
});

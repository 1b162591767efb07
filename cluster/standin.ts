import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const BUILT = join(ROOT, ".servers", "mongo-server");
const LIB = join(BUILT, "lib");

export const isBuilt = (): boolean => existsSync(join(BUILT, "Server.class"));

/** How the stand-in for MongoDB is started. It keeps its data in a file when that is to last, else in memory. */
export function standIn(port: string, dir: string, lasting: boolean): string[] {
  const classes = [BUILT, join(LIB, "*")].join(delimiter);
  // The flags make a short-lived JVM start in half a second and stay small.
  const java = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m", "-cp", classes, "Server"];
  return [...java, port, ...(lasting ? [join(dir, "mongo.mv")] : [])];
}

/** Builds it from Maven Central. Needs a JDK and Maven; what they say is shown. */
export function build(): void {
  const source = join(import.meta.dirname, "mongo-server");
  mkdirSync(BUILT, { recursive: true });
  const pom = join(BUILT, "pom.xml");
  cpSync(join(source, "pom.xml"), pom);
  const maven = ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${LIB}`];
  execFileSync("mvn", maven, { stdio: "inherit" });
  execFileSync("javac", ["-cp", join(LIB, "*"), "-d", BUILT, join(source, "Server.java")], { stdio: "inherit" });
}

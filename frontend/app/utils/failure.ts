import type { Words } from "../messages/index.ts";

/** What the API said when it said no. `status` is 0 and `type` "OFFLINE" where it could not be reached at all. */
export interface Failure {
  status: number;
  type: string;
  message: string;
  data?: unknown;
}

/** Reads a failure off whatever was thrown; `$shop` puts it into `data`, where it also survives the trip from server to browser. */
export function failureOf(error: unknown): Failure {
  const failure = (error as { data?: Partial<Failure> } | null)?.data;
  if (failure && typeof failure.type === "string" && typeof failure.status === "number") return failure as Failure;
  return { status: 500, type: "INTERNAL", message: "Something went wrong on our side" };
}

/** A sentence for people. */
export function failureWords(error: unknown, { failures }: Pick<Words["common"], "failures">): string {
  const { type, data, message } = failureOf(error);
  if (type === "VALIDATION_ERROR") {
    const fields = Array.isArray(data) ? data.map((fault: { field?: string }) => fault.field).filter(Boolean) : [];
    return fields.length > 0 ? failures.checkFields(fields.join(", ")) : failures.check;
  }
  const words = failures[type as keyof typeof failures];
  return typeof words === "string" ? words : `${message}.`.replace(/\.+$/, ".");
}

// Fatal in the browser, where the error page takes over; on the server that would only write a stack into the log.
/** The error page, for what is not there. */
export const notFound = (message: string) =>
  createError({ status: 404, statusText: "Not Found", message, fatal: import.meta.client });

/** The error page for a page that could not be loaded; `missing` is what it says for 404. */
export function pageError(error: unknown, missing: string) {
  const { status } = failureOf(error);
  if (status === 404) return notFound(missing);
  const message = useNuxtApp().$t.errors.silent;
  return createError({ status: status || 503, statusText: "Unavailable", message, fatal: import.meta.client });
}

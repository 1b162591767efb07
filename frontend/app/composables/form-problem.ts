/**
 * Where no script runs a form is carried out by the server, which comes back to its page with the reason in the query
 * when the shop said no. Only reasons that we have words for are shown: anybody may write a link.
 */
export function useFormProblem(): string {
  const { $t } = useNuxtApp();
  const { problem } = useRoute().query;
  const words: Record<string, unknown> = $t.failures;
  if (problem === "VALIDATION_ERROR") return $t.failures.check;
  const said = typeof problem === "string" && Object.hasOwn(words, problem) ? words[problem] : "";
  return typeof said === "string" ? said : "";
}

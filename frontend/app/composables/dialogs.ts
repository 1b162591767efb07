export type DialogName = "palette" | "shortcuts";

/** Which of the dialogs that every page has is open; its code is loaded when it is first asked for. */
export function useDialogs() {
  const open = useState<DialogName | null>("dialog", () => null);
  return { open, show: (name: DialogName | null) => (open.value = name) };
}

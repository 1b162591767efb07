import { uuid } from "~/utils/uuid";

export interface Toast {
  id: string;
  text: string;
  tone: "plain" | "bad";
}

const SHOWN_MS = 6000;

/** Short notices; a polite live region in the layout reads them out. */
export function useToasts() {
  const toasts = useState<Toast[]>("toasts", () => []);
  const dismiss = (id: string) => {
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
  };
  function say(text: string, tone: Toast["tone"] = "plain") {
    const id = uuid();
    toasts.value = [...toasts.value, { id, text, tone }].slice(-4);
    setTimeout(() => dismiss(id), SHOWN_MS);
  }
  return { toasts, say, dismiss };
}

import type { User } from "~/utils/types";

/** Set in the browser alone: on the server a module is shared by all requests. */
let asked: Promise<User | null> | undefined;

/**
 * Who is signed in: undefined while unknown. Public pages are rendered for nobody in particular and shared by all
 * readers, so the browser asks once after it has taken over.
 */
export function useSession() {
  const user = useState<User | null | undefined>("user", () => undefined);
  const { $api } = useNuxtApp();
  const holds = useHolds();

  /** Resolves with the user; asks the server only once, unless `again`. Unreachable counts as signed out, for now. */
  function ready(again = false): Promise<User | null> {
    if (!asked || again) {
      asked = $api<{ user: User | null }>("/auth/me").then(
        (reply) => (user.value = reply.user),
        () => {
          asked = undefined;
          return (user.value = null);
        },
      );
    }
    return asked;
  }

  async function enter(path: "/auth/signin" | "/auth/signup", body: Record<string, string>): Promise<void> {
    const reply = await $api<{ user: User }>(path, { method: "POST", body });
    user.value = reply.user;
    asked = Promise.resolve(reply.user);
  }

  async function signOut(): Promise<void> {
    await $api("/auth/signout", { method: "POST" });
    user.value = null;
    asked = Promise.resolve(null);
    holds.clear();
  }

  return {
    user,
    ready,
    signOut,
    signIn: (email: string, password: string) => enter("/auth/signin", { email, password }),
    signUp: (email: string, password: string, name: string) => enter("/auth/signup", { email, password, name }),
  };
}

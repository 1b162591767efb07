import { formHandler } from "../../utils/form";

export default formHandler(
  async ({ field, param, shop }) => {
    await shop("auth.resetPassword", { token: param("token"), password: field("password") });
    return "/login?reset=1";
  },
  ({ param }) => `/reset/${encodeURIComponent(param("token"))}`,
);

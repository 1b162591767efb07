import { formHandler } from "../../utils/form";

export default formHandler(
  async ({ field, shop }) => {
    await shop("auth.endSession", { id: field("id") });
    return "/account/sessions";
  },
  () => "/account/sessions",
);

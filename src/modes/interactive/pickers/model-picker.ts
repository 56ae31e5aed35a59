// The choice of a model among those that can be called. Opened by /model and its key.

import { call } from "../commands/call.ts";
import type { CommandHost } from "../surface.ts";

/** `filter`: what is typed into it already. */
export async function openModelPicker(at: CommandHost, filter = ""): Promise<void> {
  const { models } = await call("get_available_models", {}, at);
  if (models.length === 0) {
    at.say(
      "No model can be called: there is no credential for any",
      "warning",
      "/login, a key in the environment, or pi --model scripted/demo",
    );
    return;
  }
  const inForce = at.sessions.models.inForce;
  at.choose({
    title: "Model",
    filter,
    items: models.map(({ provider, id, name }) => ({
      value: `${provider}/${id}`,
      label: `${provider}/${id}`,
      ...(name === id ? {} : { description: name }),
    })),
    ...(inForce === undefined ? {} : { chosen: `${inForce.provider}/${inForce.id}` }),
    take: (value) => at.runChosen("model", value),
  });
}

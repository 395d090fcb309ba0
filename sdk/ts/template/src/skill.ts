// The tools: one exported function for each `export` in wit/world.wit.

import type { World } from "metier:world";
import { SkillError } from "./metier/index.js";

export const greet: World["greet"] = (name) => {
  const whom = name.trim();
  if (whom === "") throw new SkillError("invalid-input", "Say whom to greet, such as `Ada`.");
  return `Hello, ${whom}!`;
};

export const zen: World["zen"] = async () => {
  const response = await fetch("https://api.github.com/zen", {
    headers: { "user-agent": "{{name}}" },
    signal: AbortSignal.timeout(10_000),
  });
  if (response.status === 403) throw new SkillError("unavailable", "GitHub wants fewer requests; try again in an hour.");
  if (!response.ok) throw SkillError.fromStatus(response.status, `GitHub answered ${response.status}.`);
  return response.text();
};

import type { Agent, Skill } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { OPEN, type Rig, type RigOptions, rig } from "./core-puppet.js";

const agent = (...skills: Skill[]): Agent => ({ history: "ours", skills, run: () => "ok" });
const skill = (name: string, description = `What ${name} does`): Skill => ({ name, description });

const menu = ({ puppet }: Rig) => puppet.context().commands;
const names = async (options: RigOptions) => menu(await rig(options)).map(({ name }) => name);
const commands = (said: object) => ({ config: { ...OPEN, commands: said } });

describe("what a platform may show in its menu of commands", () => {
  it("is what the runtime answers, and what the agent can do after it", async () => {
    const shown = menu(await rig({ whole: agent(skill("draw", " Draws\n a cat ")) }));
    expect(shown.map(({ name, source }) => `${source} ${name}`)).toEqual([
      "runtime help",
      "runtime status",
      "runtime new",
      "skill draw",
    ]);
    expect(shown.at(-1)).toEqual({ name: "draw", description: "Draws a cat", source: "skill" });
  });

  it("names the owners of this platform for what is theirs, by the ids of today", async () => {
    const rigged = await rig({ owners: ["puppet:boss", "other:eve", "puppet:boss", "puppet:eve"] });
    const owners = () => menu(rigged).find(({ name }) => name === "why")?.people;
    expect(owners()).toEqual(["boss", "eve"]);
    expect(menu(rigged).filter(({ people }) => people !== undefined)).toHaveLength(1);
  });

  it.each([
    ["native: false", commands({ native: false }), ["draw"]],
    ["nativeSkills: false", commands({ nativeSkills: false }), ["help", "status", "new"]],
    ["both true", commands({ native: true, nativeSkills: true }), ["help", "status", "new", "draw"]],
    ["a runtime that leaves commands to the agent", { commands: false }, ["draw"]],
  ])("is less with %s", async (_, options, expected) => {
    expect(await names({ ...options, whole: agent(skill("draw")) })).toEqual(expected);
  });

  it("has no name twice, and none that a platform could not show; the log says which", async () => {
    const whole = agent(skill("help"), skill("draw"), skill("draw"), skill("web-search"), skill("sing", " "));
    const rigged = await rig({ whole });
    expect(menu(rigged).map(({ name }) => name)).toEqual(["help", "status", "new", "draw"]);
    const warned = rigged.logs.filter(({ level }) => level === "warn").map(({ message }) => message);
    expect(warned).toEqual([
      expect.stringContaining('skill "web-search"'),
      expect.stringContaining('skill "sing"'),
    ]);
  });
});

// What the measuring itself allows: the webhook is read and one call is made, with nothing but Node.
import { Agent, request } from "node:http";
import { TOKEN } from "../constants.mjs";
import { readBody, serve } from "./serve.mjs";

export async function start({ apiRoot }) {
  const agent = new Agent({ keepAlive: true });
  return await serve(async (incoming, response) => {
    const { message } = JSON.parse((await readBody(incoming)).toString());
    const body = JSON.stringify({ chat_id: message.chat.id, text: `You said: ${message.text}` });
    const call = request(`${apiRoot}/bot${TOKEN}/sendMessage`, {
      agent,
      method: "POST",
      headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
    });
    call.end(body);
    call.on("response", async (answer) => {
      JSON.parse((await readBody(answer)).toString());
      response.end();
    });
  });
}

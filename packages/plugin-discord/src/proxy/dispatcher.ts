import { Agent, buildConnector } from "undici";
import type { Connect } from "./connect.js";

/** What carries HTTP requests through a proxy, for the SDK and for `fetch` of the same package. */
export function proxyDispatcher(connect: Connect): Agent {
  const secure = buildConnector({});
  return new Agent({
    connect(options, callback) {
      const { hostname, protocol, port } = options;
      const isTls = protocol === "https:";
      connect({ host: hostname, port: Number(port || (isTls ? 443 : 80)) }).then(
        (httpSocket) => (isTls ? secure({ ...options, httpSocket }, callback) : callback(null, httpSocket)),
        (error: Error) => callback(error, null),
      );
    },
  });
}

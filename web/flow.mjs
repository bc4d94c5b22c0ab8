// flow.js as a module: import { Flow } from "https://MEMBERS/flow.mjs".
import "./flow.js";

const { Flow } = globalThis;
const { FlowError } = Flow;
Flow.configure({ members: new URL(import.meta.url).origin });

export { Flow, FlowError };
export default Flow;

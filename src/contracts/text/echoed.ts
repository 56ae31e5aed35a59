// What a model sent, said back to it in an error: enough to know it again, and never as much as it sent. Called by the loop and by validation.

const echoedCharacters = 4000;

export function echoed(text: string, most = echoedCharacters): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length - most} more characters)`;
}

/** A process that opens a connection to each address it is given, keeps each alive as its system asks for, and says `open` once all are; so that it can be stopped, killed or cut off as a whole. */
const sockets = process.argv.slice(2).map((address) => {
  const socket = new WebSocket(address)
  socket.onmessage = ({ data }) => {
    if (String(data) === '{"type":"Ping"}') socket.send('{"command":"Pong"}')
  }
  // The prices of pledge ask for a word now and then; on every other wire it does no harm.
  if (address.includes('/pledge/')) setInterval(() => socket.send('ping'), 300)
  return new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve()
    socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`))
  })
})
await Promise.all(sockets)
console.log('open')

export {}

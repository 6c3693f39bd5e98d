import type { Socket } from './link.ts'

/** As much of a mini-program's `wx` as is needed. */
export interface Wx {
  connectSocket(options: { url: string }): {
    onOpen(run: () => void): void
    onMessage(run: (message: { data: unknown }) => void): void
    onClose(run: (closed: { code: number; reason: string }) => void): void
    onError(run: () => void): void
    send(options: { data: string }): void
    close(options: { code?: number; reason?: string }): void
  }
}

/** The sockets of a WeChat mini-program as the clients take them: `jive({ WebSocket: miniProgramSocket(wx), … })`. */
export function miniProgramSocket(wx: Wx): new (url: string) => Socket {
  function MiniProgramSocket(url: string): Socket {
    const task = wx.connectSocket({ url })
    const socket: Socket = {
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      send: (data) => task.send({ data }),
      close: (code = 1000, reason = '') => task.close({ code, reason }),
    }
    task.onOpen(() => socket.onopen?.({}))
    task.onMessage(({ data }) => socket.onmessage?.({ data }))
    task.onClose(({ code, reason }) => socket.onclose?.({ code, reason }))
    task.onError(() => socket.onerror?.({}))
    return socket
  }
  return MiniProgramSocket as unknown as new (url: string) => Socket
}

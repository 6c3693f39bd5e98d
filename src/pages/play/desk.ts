import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Kind } from '../console/api.ts'
import type { Cast, PlaySession } from './api.ts'
import { socketUrl } from './code.ts'
import { createLog } from './frames.ts'
import { enter, readCast, readKinds, readWire } from './server.ts'
import { connect, type Line, type Standing } from './socket.ts'
import type { Wire } from './wire.ts'

/** What is there once somebody has entered. */
export interface Scene {
  readonly session: PlaySession
  readonly wire: Wire
  readonly kinds: readonly Kind[]
}

/** Who is played, and how that stands; `#crash/alice` in the address says who it is at first. */
export function useDesk() {
  const log = useMemo(() => createLog((run) => void requestAnimationFrame(run)), [])
  const [cast, setCast] = useState<Cast | null>(null)
  const [[system, role], setPart] = useState(partOfAddress)
  const [scene, setScene] = useState<Scene | null>(null)
  const [standing, setStanding] = useState<Standing>('idle')
  const [fault, setFault] = useState('')
  const [alive, setAlive] = useState(true)
  const line = useRef<Line | null>(null)
  const stays = useRef(alive)
  const turn = useRef(0)
  stays.current = alive

  useEffect(() => {
    readCast().then(
      (read) => {
        setCast(read)
        setPart(([wished, as]) => partOf(read, wished, as))
      },
      (error: Error) => setFault(error.message),
    )
  }, [])

  function leave(): void {
    turn.current++
    line.current?.close()
    line.current = null
  }
  function choose(nextSystem: string, nextRole: string): void {
    if (cast === null) return
    leave()
    const part = partOf(cast, nextSystem, nextRole)
    history.replaceState(null, '', `#${part.join('/')}`)
    setPart(part)
    setScene(null)
    setFault('')
    setStanding('idle')
    log.clear()
  }
  async function open(): Promise<void> {
    leave()
    const mine = turn.current
    setFault('')
    setStanding('connecting')
    try {
      const session = await enter(system, role)
      const [wire, kinds] = await Promise.all([readWire(system), readKinds(session)])
      if (mine !== turn.current) return
      setScene({ session, wire, kinds })
      const url = socketUrl({ origin: location.origin, session, frame: null })
      const stands = (now: Standing) => mine === turn.current && setStanding(now)
      line.current = connect(url, system, log, { stands, alive: () => stays.current })
    } catch (error) {
      if (mine !== turn.current) return
      setFault((error as Error).message)
      setStanding('closed')
    }
  }
  function close(): void {
    leave()
    setStanding('closed')
  }

  const say = (text: string) => line.current?.send(text) ?? false
  const parts = { cast, system, role, scene, standing, fault, alive, log }
  return { ...parts, choose, open, close, say, setAlive }
}

/** What the parts of the page work with. */
export type Desk = ReturnType<typeof useDesk>

function partOfAddress(): readonly [system: string, role: string] {
  const [system = '', role = ''] = location.hash.slice(1).split('/')
  return [system, role]
}

/** The part that is wished for, or the first there is. */
function partOf({ systems }: Cast, system: string, role: string): readonly [string, string] {
  const found = systems.find((one) => one.system === system) ?? systems[0]
  if (found === undefined) return ['', '']
  return [found.system, found.roles.includes(role) ? role : (found.roles[0] ?? '')]
}

import { spread, watch, type Scenario } from '../scenario.ts'

/** Commands in a closed loop (F6): jive's Ping against an echo, validated, counted and answered. */
export const commands: Scenario = {
  summary: 'command and reply from 1,000 connections at once; bare only echoes',
  goals: { 'round trips/s': { of: 'ratio', at: 'least', than: 0.8 } },
  async measure({ target, wishes, crowd: open }) {
    const { crowd, gathering } = await open(wishes.connections ?? 1_000, 1_000)
    await crowd.repeat(target.command, 1_000)
    const server = watch(target)
    const harvest = await crowd.repeat(target.command, (wishes.seconds ?? 5) * 1000)
    const cpu = server.cpuMicros()
    return [
      { name: 'connections', value: gathering.ready },
      { name: 'round trips/s', value: (harvest.frames * 1000) / harvest.ms },
      ...spread('', harvest),
      { name: 'CPU us/command', value: cpu / harvest.frames },
      { name: 'connections lost', value: harvest.lost },
    ]
  },
}

/** Ids of players: they stand in channel names and in addresses of the wallet. */
export const playerPattern = /^[A-Za-z0-9_.:-]{1,64}$/

/** A transaction as it is told; sums are numbers with two decimals. */
export interface Transaction {
  readonly id: string
  readonly account_id: string
  readonly amount: number
  readonly description: string
  readonly payee: string | null
  readonly category: string | null
  readonly created_by: string
  readonly created_at: string
  readonly updated_at: string
}
/** An account with its balance. */
export interface Account {
  readonly id: string
  readonly family_id: string
  readonly name: string
  readonly currency: string
  readonly balance: number
  readonly available_balance: number
}
/** A balance that has changed, or was asked for. */
export interface Balance {
  readonly account_id: string
  readonly balance: number
  readonly available_balance?: number
}

/** What happens, by type, with its data. */
export interface JiveEvents {
  readonly TransactionUpdate: {
    readonly transaction_id: string
    readonly action: 'created' | 'updated' | 'deleted'
    readonly data: Partial<Transaction>
  }
  readonly AccountBalanceUpdate: Balance
  readonly RuleExecuted: { readonly rule_id: string; readonly matched_count: number }
  readonly PayeeSuggestion: {
    readonly description: string
    readonly suggestions: readonly string[]
  }
  readonly Notification: {
    readonly level: string
    readonly title: string
    readonly message: string
  }
}

/** What can be asked for: the parameters and the answer of each resource. */
export interface JiveRequests {
  readonly account_balance: { params: { account_id: string }; answer: Balance }
  readonly accounts: {
    params: { after?: string; limit?: number }
    answer: { readonly accounts: readonly Account[]; readonly more: boolean }
  }
  readonly transactions: {
    params: { account_id: string; after?: string; limit?: number }
    answer: {
      readonly account_id: string
      readonly transactions: readonly Transaction[]
      readonly more: boolean
    }
  }
}

import { render } from 'preact'
import { App } from './app/app.js'
import { keepScrolling } from './app/history-entry.js'
import './styles/base.css'
import './styles/parts.css'

keepScrolling()
render(<App />, document.getElementById('app')!)

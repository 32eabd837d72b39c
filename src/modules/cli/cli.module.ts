import { Module } from '@nestjs/common'
import { AccountCommand } from './account.command.js'
import { AdoptOfficialCommand } from './adopt-official.command.js'
import { BackupCommand } from './backup.command.js'
import { DevCommand } from './dev.command.js'
import { BlobCommand } from './blob.command.js'
import { ActionCommand } from './action.command.js'
import { CompletionCommand } from './completion.command.js'
import { DoctorCommand } from './doctor.command.js'
import { HistoryCommand } from './history.command.js'
import { ImportCommand } from './import.command.js'
import { InspectCommand } from './inspect.command.js'
import { LabelCommand } from './label.command.js'
import { InviteCommand } from './invite.command.js'
import { KeysCommand } from './keys.command.js'
import { LogCommand } from './log.command.js'
import { MailCommand } from './mail.command.js'
import { MigrateCommand } from './migrate.command.js'
import { PackCommand } from './pack.command.js'
import { PeerCommand } from './peer.command.js'
import { RebuildCommand } from './rebuild.command.js'
import { ReportCommand } from './report.command.js'
import { RestoreCommand } from './restore.command.js'
import { ServeCommand } from './serve.command.js'
import { SkylogCommand } from './skylog.command.js'
import { UnpackCommand } from './unpack.command.js'
import { VerifyCommand } from './verify.command.js'

/**
 * The command line. Holds commands only: one that needs the server, or the database, loads and opens it when it runs,
 * so that a help text need not wait for them.
 */
@Module({
  providers: [
    SkylogCommand,
    ServeCommand,
    DevCommand,
    ImportCommand,
    AdoptOfficialCommand,
    MigrateCommand,
    InspectCommand,
    HistoryCommand,
    RestoreCommand,
    VerifyCommand,
    UnpackCommand,
    PackCommand,
    RebuildCommand,
    BackupCommand,
    DoctorCommand,
    CompletionCommand,
    ...AccountCommand.registerWithSubCommands(),
    ...ActionCommand.registerWithSubCommands(),
    ...LabelCommand.registerWithSubCommands(),
    ...InviteCommand.registerWithSubCommands(),
    ...KeysCommand.registerWithSubCommands(),
    ...BlobCommand.registerWithSubCommands(),
    ...LogCommand.registerWithSubCommands(),
    ...MailCommand.registerWithSubCommands(),
    ...PeerCommand.registerWithSubCommands(),
    ...ReportCommand.registerWithSubCommands(),
  ],
})
export class CliModule {}

; The installer of the stand-in VMS: a real one, with nothing of any vendor in it.
; It has no plug-ins, so that it is built for 64 bits too.
; C:\standin\trouble.ini, section [installer], says what goes wrong: mode, exit, needs (KB), seconds, and version if only one is meant.
Unicode true
SilentInstall silent
RequestExecutionLevel admin
Name "${PRODUCT}"
OutFile "${OUT}"
InstallDir "$PROGRAMFILES64\Eocortex"
VIProductVersion "${NUMBERS}"
VIFileVersion "${NUMBERS}"
VIAddVersionKey /LANG=1033 "ProductName" "${PRODUCT}"
VIAddVersionKey /LANG=1033 "ProductVersion" "${VERSION}"
VIAddVersionKey /LANG=1033 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=1033 "FileDescription" "${DESCRIPTION}"
VIAddVersionKey /LANG=1033 "CompanyName" "${COMPANY}"
VIAddVersionKey /LANG=1033 "LegalCopyright" "Public domain"
VIAddVersionKey /LANG=1033 "OriginalFilename" "${ORIGINAL}"

!define INI "C:\standin\trouble.ini"
!define SERVICE "EocortexServer"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Eocortex"
Var mode

Function .onInit
  SetRegView 64
  SetErrorLevel 0
  ReadINIStr $mode "${INI}" "installer" "mode"
  ReadINIStr $0 "${INI}" "installer" "version"
  StrCmp $0 "" meant
  StrCmp $0 "${VERSION}" meant
  StrCpy $mode ""
meant:
FunctionEnd

Section
  StrCmp $mode "nothing" 0 +2
  Quit
  StrCmp $mode "hang" 0 not_hanging
hanging:
  Sleep 1000
  Goto hanging
not_hanging:
  StrCmp $mode "fail" 0 not_failing
  ReadINIStr $0 "${INI}" "installer" "exit"
  SetErrorLevel $0
  Quit
not_failing:
  ReadINIStr $0 "${INI}" "installer" "seconds"
  StrCmp $0 "" +3
  IntOp $0 $0 * 1000
  Sleep $0

  ; A service that runs is stopped; its program can be replaced once it has ended.
  ExecWait '"$SYSDIR\sc.exe" stop ${SERVICE}'
  StrCpy $1 0
ending:
  ClearErrors
  IfFileExists "$INSTDIR\EocortexServer.exe" 0 ended
  StrCmp $mode "pending" ended
  Delete "$INSTDIR\EocortexServer.exe"
  IfErrors 0 ended
  Sleep 100
  IntOp $1 $1 + 1
  IntCmp $1 300 0 ending
  SetErrorLevel 1618
  Quit
ended:
  Delete "$INSTDIR\broken"
  SetOutPath "$INSTDIR"
  StrCmp $mode "restart-midway" 0 not_midway
  FileOpen $0 "$INSTDIR\half.txt" w
  FileWrite $0 "${VERSION}"
  FileClose $0
  ExecWait '"$SYSDIR\shutdown.exe" /r /t 0 /f'
  Sleep 60000
not_midway:
  Delete "$INSTDIR\half.txt"
  ClearErrors
  File "/oname=payload.bin" "${PAYLOAD}"
  StrCmp $mode "pending" 0 not_pending
  ; What there is stays until the restart, which puts the new program in its place.
  File "/oname=EocortexServer.new" "${PROGRAM}"
  Rename /REBOOTOK "$INSTDIR\EocortexServer.new" "$INSTDIR\EocortexServer.exe"
  Goto placed
not_pending:
  File "/oname=EocortexServer.exe" "${PROGRAM}"
placed:
  IfErrors 0 written
  SetErrorLevel 112
  Quit
written:
  StrCmp $mode "broken" 0 +4
  FileOpen $0 "$INSTDIR\broken" w
  FileWrite $0 "${VERSION}"
  FileClose $0
  WriteUninstaller "$INSTDIR\uninstall.exe"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayName" "Eocortex"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKLM "${UNINSTALL}" "Publisher" "Eocortex"
  WriteRegStr HKLM "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  ; An existing service keeps its account and its kind of start.
  ExecWait '"$SYSDIR\sc.exe" query ${SERVICE}' $0
  IntCmp $0 1060 0 registered registered
  ExecWait '"$SYSDIR\sc.exe" create ${SERVICE} binPath= "\"$INSTDIR\EocortexServer.exe\"" start= auto DisplayName= "Eocortex Server"'
registered:
  StrCmp $mode "stopped" finished
  ExecWait '"$SYSDIR\sc.exe" start ${SERVICE}'
  ; Soon, not at once: whoever started it shall see how it ended.
  StrCmp $mode "restart" 0 +3
  ExecWait '"$SYSDIR\shutdown.exe" /r /t 5 /f'
  SetErrorLevel 1641
  StrCmp $mode "restart-needed" 0 +2
  SetErrorLevel 3010
  StrCmp $mode "pending" 0 +2
  SetErrorLevel 3010
finished:
SectionEnd

Section Uninstall
  SetRegView 64
  ExecWait '"$SYSDIR\sc.exe" stop ${SERVICE}'
  ExecWait '"$SYSDIR\sc.exe" delete ${SERVICE}'
  Sleep 500
  Delete "$INSTDIR\EocortexServer.exe"
  Delete "$INSTDIR\payload.bin"
  Delete "$INSTDIR\uninstall.exe"
  DeleteRegKey HKLM "${UNINSTALL}"
SectionEnd

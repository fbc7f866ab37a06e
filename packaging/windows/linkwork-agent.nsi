; The setup program: makensis -DVERSION=… -DPROGRAM=… -DOUT=… linkwork-agent.nsi
; Silent: linkwork-agent-setup.exe /S [/URN=100001]
Unicode true
Target amd64-unicode
SetCompressor /SOLID lzma
!include FileFunc.nsh
!include LogicLib.nsh

Name "Linkwork agent"
OutFile "${OUT}"
InstallDir "$PROGRAMFILES64\Linkwork Agent"
RequestExecutionLevel admin
ShowInstDetails show
VIProductVersion "${NUMBER}"
VIAddVersionKey ProductName "Linkwork agent"
VIAddVersionKey FileDescription "Linkwork agent setup"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey LegalCopyright "MIT licence"

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\LinkworkAgent"
!define ACCOUNT "NT SERVICE\LinkworkAgent"
Var State
Var Urn
Var Before
Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

; A step that fails ends the installation: a half-installed service would be trusted.
!macro Must What Command
  DetailPrint "${What}"
  nsExec::ExecToStack '${Command}'
  Pop $0
  Pop $1
  ${If} $0 != 0
    DetailPrint "$1"
    ; A silent installation has no window: what failed stands here.
    FileOpen $2 "$TEMP\linkwork-agent-setup.log" a
    FileSeek $2 0 END
    FileWrite $2 "${What} failed ($0): $1$\r$\n"
    FileClose $2
    MessageBox MB_ICONSTOP|MB_OK "${What} failed ($0): $1" /SD IDOK
    SetErrorLevel 2
    Abort "${What} failed ($0)"
  ${EndIf}
!macroend

Function .onInit
  SetShellVarContext all
  SetRegView 64
  StrCpy $State "$APPDATA\Linkwork Agent"
  ${GetParameters} $0
  ${GetOptions} $0 "/URN=" $Urn
FunctionEnd

Function un.onInit
  SetShellVarContext all
  SetRegView 64
  StrCpy $State "$APPDATA\Linkwork Agent"
FunctionEnd

Section "Agent"
  ; An upgrade: the service lets go of its files, and runs again afterwards if it ran.
  nsExec::ExecToStack 'sc query LinkworkAgent'
  Pop $Before
  Pop $1
  ${If} $Before == 0
    nsExec::ExecToLog 'sc stop LinkworkAgent'
    Pop $0
    Sleep 5000
  ${EndIf}
  RMDir /r "$INSTDIR\lib"
  RMDir /r "$INSTDIR\python"
  SetOutPath "$INSTDIR"
  File /r "${PROGRAM}/*.*"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  nsExec::ExecToLog '"$INSTDIR\python\python.exe" -m compileall -q --invalidation-mode unchecked-hash "$INSTDIR\lib"'
  Pop $0

  ${If} $Before != 0
    !insertmacro Must "Registering the service" 'sc create LinkworkAgent binPath= "\"$INSTDIR\python\python.exe\" \"$INSTDIR\service_host.py\" \"$State\"" start= delayed-auto obj= "${ACCOUNT}" DisplayName= "Linkwork agent"'
  ${EndIf}

  CreateDirectory "$State"
  ${If} $Urn != ""
  ${AndIfNot} ${FileExists} "$State\urn.txt"
    FileOpen $0 "$State\urn.txt" w
    FileWrite $0 "$Urn"
    FileClose $0
  ${EndIf}

  WriteRegStr HKLM "${UNINSTALL}" DisplayName "Linkwork agent"
  WriteRegStr HKLM "${UNINSTALL}" DisplayVersion "${VERSION}"
  WriteRegStr HKLM "${UNINSTALL}" Publisher "Linkwork"
  WriteRegStr HKLM "${UNINSTALL}" InstallLocation "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALL}" UninstallString '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${UNINSTALL}" QuietUninstallString '"$INSTDIR\uninstall.exe" /S'
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKLM "${UNINSTALL}" EstimatedSize $0

  ; Closes the data folder, says what follows a failure, starts what is set up.
  !insertmacro Must "Preparing the service" '"$INSTDIR\python\python.exe" -B "$INSTDIR\prepare.py" "$State"'
  ${IfNot} ${FileExists} "$State\agent.toml"
    DetailPrint "Installed and not set up yet. Next, as an administrator: linkwork-agent setup --help"
  ${EndIf}
SectionEnd

Section "Uninstall"
  nsExec::ExecToLog 'sc stop LinkworkAgent'
  Pop $0
  Sleep 5000
  nsExec::ExecToLog 'sc delete LinkworkAgent'
  Pop $0
  RMDir /r "$INSTDIR\lib"
  RMDir /r "$INSTDIR\python"
  Delete "$INSTDIR\linkwork-agent.cmd"
  Delete "$INSTDIR\service_host.py"
  Delete "$INSTDIR\prepare.py"
  Delete "$INSTDIR\agent.toml.example"
  Delete "$INSTDIR\LICENSE.txt"
  Delete "$INSTDIR\sbom.cdx.json"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  DeleteRegKey HKLM "${UNINSTALL}"
  DetailPrint "Configuration, keys and messages stay in $State. Delete that folder to remove them."
SectionEnd

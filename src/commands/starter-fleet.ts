/** What a new fleet file holds. A test reads it with the core's own reader. */
export const starterFleet = `// A fleet of video-surveillance servers. Type Ctrl+Space anywhere to see what can be written there.
// Never write a password here: keys come from your agent or ~/.ssh/config, passwords are asked for.
{
  "name": "My fleet",
  "systems": {
    // Servers of one product that are updated together. What stands here holds for all of them.
    "boxes": {
      "product": "banalytics",
      "home": "/opt/banalytics-box",
      // A Maven-layout repository: an address, or a folder beside this file.
      "repository": "https://repo.example/maven",
      // reboot: the machine restarts. service: only the product's service.
      "restart": "reboot",
      // How many servers are updated first; the others wait until these have succeeded.
      "canary": 1,
      // The wanted set: VMS Fleet brings servers to these versions. null: not to be installed.
      "modules": {
        "com.banalytics.box:core": "1.4.1"
      },
      "servers": {
        "box-1": {
          "host": "192.0.2.11",
          "user": "updater",
          // The identifier under which the product is registered.
          "environment": "00000000-0000-0000-0000-000000000000",
          "site": "first site",
          // How to reach the machine when the network way is gone.
          "outOfBand": "KVM port 3"
        }
      }
    }
  }
}
`;

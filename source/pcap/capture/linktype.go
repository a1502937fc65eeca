package capture

// Link types by number: https://www.tcpdump.org/linktypes.html. Those are named that people are likely to meet.
var linkNames = map[uint16]string{
	0: "NULL", 1: "ETHERNET", 6: "IEEE802_5", 8: "SLIP", 9: "PPP", 10: "FDDI", 12: "RAW", 14: "RAW", 50: "PPP_HDLC",
	51: "PPP_ETHER", 100: "ATM_RFC1483", 101: "RAW", 104: "C_HDLC", 105: "IEEE802_11", 107: "FRELAY", 108: "LOOP",
	109: "ENC", 113: "LINUX_SLL", 117: "PFLOG", 119: "IEEE802_11_PRISM", 122: "IP_OVER_FC", 127: "IEEE802_11_RADIOTAP",
	138: "APPLE_IP_OVER_IEEE1394", 141: "MTP2", 143: "DOCSIS", 147: "USER0", 148: "USER1", 149: "USER2", 150: "USER3",
	163: "IEEE802_11_AVS", 166: "PPP_PPPD", 187: "BLUETOOTH_HCI_H4", 189: "USB_LINUX", 192: "PPI", 195: "IEEE802_15_4",
	201: "BLUETOOTH_HCI_H4_WITH_PHDR", 204: "PPP_WITH_DIR", 220: "USB_LINUX_MMAPPED", 224: "FC_2", 227: "CAN_SOCKETCAN",
	228: "IPV4", 229: "IPV6", 231: "DBUS", 239: "NFLOG", 240: "NETANALYZER", 247: "INFINIBAND", 248: "SCTP",
	249: "USBPCAP", 252: "WIRESHARK_UPPER_PDU", 253: "NETLINK", 271: "VSOCK", 274: "ETHERNET_MPACKET", 276: "LINUX_SLL2",
	291: "NETANALYZER_NG",
}

// LinkName is the link type's name, "" for one that has none here.
func LinkName(link uint16) string { return linkNames[link] }
